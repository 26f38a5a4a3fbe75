// A program written for @types/ws, as a module; see commonjs.cts.

import { createServer } from 'http';
import WebSocket, {
  createWebSocketStream,
  WebSocket as SameWebSocket,
  WebSocketServer,
  type ClientOptions,
  type RawData,
  type Server,
  type ServerOptions
} from 'ws';
import * as everything from 'ws';

const options: ClientOptions = { perMessageDeflate: false };
const socket: WebSocket = new WebSocket('ws://localhost', 'chat', options);
const same: SameWebSocket = new SameWebSocket(new URL('ws://localhost'));
const third: everything.WebSocket = new everything.default(null);

socket.on('message', (data: WebSocket.RawData, isBinary) => {
  const raw: RawData = data;
  third.send(raw.toString(), { binary: isBinary });
});
socket.addEventListener('close', (event: WebSocket.CloseEvent) => event.code);
console.log(socket.readyState === WebSocket.OPEN, same.CLOSED);

// @ts-expect-error: modules have no such property, only the named export
new WebSocket.Server({ port: 0 });
// @ts-expect-error: read only
WebSocket.CLOSED = 1;

const serverOptions: ServerOptions = { noServer: true, path: '/chat' };
const server: WebSocketServer = new WebSocketServer(serverOptions);
const sameServer: Server = server;

createServer().on('upgrade', (request, duplex, head) => {
  server.handleUpgrade(request, duplex, head, (ws) => {
    sameServer.emit('connection', ws, request);
  });
});
server.on('connection', (ws, request) => {
  ws.on('error', console.error);
  ws.send(String(request.url));
});

class User extends WebSocket {
  alive = true;

  static create(address: string): User {
    return new User(address, { followRedirects: true });
  }
}
const users = new WebSocketServer({ port: 0, WebSocket: User });
users.on('connection', (user) => console.log(user.alive));
users.clients.forEach((user) => (user.alive = false));
User.create('ws://localhost').terminate();

createWebSocketStream(socket, { encoding: 'utf8' }).end();

// Properties of one's own.
declare module 'ws' {
  interface WebSocket {
    isAlive?: boolean;
  }
}
server.on('connection', (ws) => {
  ws.isAlive = true;
  ws.on('pong', function () {
    this.isAlive = true;
  });
});
server.clients.forEach((ws) => ws.isAlive || ws.terminate());
console.log(socket.isAlive);
