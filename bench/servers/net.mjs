/**
 * A bare `net` server that returns the bytes it gets, without looking at them:
 * what Node's streams alone cost.
 */

import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { ready } from './shared.mjs';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function handshake(socket, request) {
  const [, key] = /sec-websocket-key: *(\S+)/i.exec(request.toString('latin1'));
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
      `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
  );
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.once('data', (request) => {
    handshake(socket, request);
    socket.on('data', (data) => socket.write(data));
  });
  socket.on('error', () => {});
});

server.listen(0, '127.0.0.1', 4096, () =>
  ready(server.address().port, process.versions.node)
);
