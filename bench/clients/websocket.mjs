/** Clients of the npm package `websocket`. */

import { createRequire } from 'node:module';
import { Counter, openAll, options } from './shared.mjs';

const require = createRequire(import.meta.url);
const WebSocketClient = require('../peers/node_modules/websocket').client;

function echo(message) {
  if (message.type === 'utf8') this.sendUTF(message.utf8Data);
  else this.sendBytes(message.binaryData);
}

function count(connection) {
  const counter = new Counter();
  return (message) => {
    if (message.type === 'utf8') connection.sendUTF(counter.toString());
    else counter.add(message.binaryData.length);
  };
}

await openAll(
  (url) =>
    new Promise((resolve, reject) => {
      const client = new WebSocketClient();
      client.on('connectFailed', reject);
      client.on('connect', (connection) => {
        const isEcho = options.handler === 'echo';
        connection.on('message', isEcho ? echo : count(connection));
        resolve();
      });
      client.connect(url);
    })
);
