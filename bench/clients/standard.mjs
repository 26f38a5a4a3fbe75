/** Clients with the API of browsers: undici's and Bun's. */

import { createRequire } from 'node:module';
import { Counter, openAll, options } from './shared.mjs';

const require = createRequire(import.meta.url);
const WebSocket =
  options.implementation === 'undici'
    ? require('../peers/node_modules/undici').WebSocket
    : globalThis.WebSocket;

function echo(event) {
  event.target.send(event.data);
}

function count(ws) {
  const counter = new Counter();
  return ({ data }) => {
    if (typeof data === 'string') ws.send(counter.toString());
    else counter.add(data.byteLength);
  };
}

await openAll(
  (url) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(url);
      ws.binaryType = 'arraybuffer';
      ws.onmessage = options.handler === 'echo' ? echo : count(ws);
      ws.onopen = resolve;
      ws.onerror = (event) => reject(event.error ?? new Error(event.message));
    })
);
