/**
 * Every library with the API of ws: ws itself, oxws, and Bun's own `ws`.
 * `implementation` is `ws`, `ws-corked`, `oxws` or `bun-ws`.
 */

import { createServer } from 'node:https';
import { load } from '../lib/ws-api.mjs';
import { MAX_PAYLOAD, credentials, options, ready, work } from './shared.mjs';

const { WebSocketServer, version } = load(options.implementation);
const isCorked = options.implementation === 'ws-corked';

/**
 * What a user of ws can do today to send a tick's frames in one write.
 *
 * @param {WebSocket} ws
 */
function cork(ws) {
  const socket = ws._socket;
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

function echo(data, isBinary) {
  work();
  if (isCorked) cork(this);
  this.send(data, { binary: isBinary });
}

function broadcast(data, isBinary) {
  for (const client of server.clients) {
    if (isCorked) cork(client);
    client.send(data, { binary: isBinary });
  }
}

const https = options.tls && createServer(credentials());
const server = new WebSocketServer({
  ...(https ? { server: https } : { host: '127.0.0.1', port: 0 }),
  backlog: 4096,
  maxPayload: MAX_PAYLOAD,
  perMessageDeflate: options.deflate !== undefined
});
const onMessage = options.handler === 'echo' ? echo : broadcast;

server.on('connection', (ws) => ws.on('message', onMessage));
server.on('listening', () => ready(server.address().port, version));
https?.listen(0, '127.0.0.1', 4096);
