/** Clients of every library with the API of ws: ws, oxws, and Bun's own `ws`. */

import { load } from '../lib/ws-api.mjs';
import { Counter, openAll, options } from './shared.mjs';

const { WebSocket } = load(options.implementation);

function echo(data, isBinary) {
  this.send(data, { binary: isBinary });
}

function count(ws) {
  const counter = new Counter();
  return (data, isBinary) => {
    if (isBinary) counter.add(data.length);
    else ws.send(counter.toString());
  };
}

await openAll(
  (url) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(url);
      ws.on('message', options.handler === 'echo' ? echo : count(ws));
      ws.on('open', resolve);
      ws.on('error', reject);
    })
);
