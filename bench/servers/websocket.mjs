/** The npm package `websocket`. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { MAX_PAYLOAD, options, ready, work } from './shared.mjs';

const require = createRequire(import.meta.url);
const WebSocketServer = require('../peers/node_modules/websocket').server;
const { version } = require('../peers/node_modules/websocket/package.json');

function send(connection, message) {
  if (message.type === 'utf8') connection.sendUTF(message.utf8Data);
  else connection.sendBytes(message.binaryData);
}

function echo(message) {
  work();
  send(this, message);
}

function broadcast(message) {
  for (const connection of server.connections) send(connection, message);
}

const httpServer = createServer();
const server = new WebSocketServer({
  autoAcceptConnections: true,
  httpServer,
  maxReceivedFrameSize: MAX_PAYLOAD,
  maxReceivedMessageSize: MAX_PAYLOAD
});
const onMessage = options.handler === 'echo' ? echo : broadcast;

server.on('connect', (connection) => connection.on('message', onMessage));
httpServer.listen(0, '127.0.0.1', 4096, () =>
  ready(httpServer.address().port, version)
);
