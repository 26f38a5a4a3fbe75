// A program for @types/ws that imports in the manner of modules and is compiled
// to CommonJS; see commonjs.cts.

import WebSocket, {
  createWebSocketStream,
  WebSocket as Named,
  WebSocketServer,
  type RawData,
  type ServerOptions
} from 'ws';

const socket: WebSocket = new WebSocket('ws://localhost');
const named: Named = socket;
const options = { port: 0 } satisfies ServerOptions;
const server: WebSocketServer = new WebSocketServer(options);

server.on('connection', (ws: WebSocket, request) => {
  ws.send(String(request.url));
});
socket.on('message', (data: RawData) => named.send(data.toString()));
socket.addEventListener('message', (event: WebSocket.MessageEvent) => {
  console.log(event.data);
});
createWebSocketStream(socket).pipe(process.stdout);

class User extends WebSocket {
  alive = true;
}
const users = new WebSocketServer<typeof User>({
  noServer: true,
  WebSocket: User
});
users.clients.forEach((user) => user.alive);
