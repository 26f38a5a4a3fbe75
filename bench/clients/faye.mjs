/** Clients of the npm package `faye-websocket`. */

import { createRequire } from 'node:module';
import { Counter, openAll, options } from './shared.mjs';

const require = createRequire(import.meta.url);
const { Client } = require('../peers/node_modules/faye-websocket');

function echo(event) {
  event.target.send(event.data);
}

function count(ws) {
  const counter = new Counter();
  return ({ data }) => {
    if (typeof data === 'string') ws.send(counter.toString());
    else counter.add(data.length);
  };
}

await openAll(
  (url) =>
    new Promise((resolve, reject) => {
      const ws = new Client(url);
      ws.on('message', options.handler === 'echo' ? echo : count(ws));
      ws.on('open', resolve);
      ws.on('error', reject);
    })
);
