/** The npm package `faye-websocket`. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { MAX_PAYLOAD, options, ready, work } from './shared.mjs';

const require = createRequire(import.meta.url);
const WebSocket = require('../peers/node_modules/faye-websocket');
const {
  version
} = require('../peers/node_modules/faye-websocket/package.json');

const clients = new Set();

function echo(event) {
  work();
  event.target.send(event.data);
}

function broadcast(event) {
  for (const client of clients) client.send(event.data);
}

const server = createServer();
const onMessage = options.handler === 'echo' ? echo : broadcast;

server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head, [], {
    maxLength: MAX_PAYLOAD
  });
  clients.add(ws);
  ws.on('message', onMessage);
  ws.on('close', () => clients.delete(ws));
});
server.listen(0, '127.0.0.1', 4096, () =>
  ready(server.address().port, version)
);
