// A program for @types/ws with a property of its own that every WebSocket has.

import WebSocket = require('ws');

declare module 'ws' {
  interface WebSocket {
    room: string;
  }
}

class User extends WebSocket {
  constructor() {
    super('ws://localhost');
  }
}
const users = new WebSocket.Server<typeof User>({ port: 0, WebSocket: User });
const server: WebSocket.Server = new WebSocket.WebSocketServer();
const socket = new User() as WebSocket as WebSocket.WebSocket;

users.on('connection', (user: User) => user.close());
server.on('connection', (ws) => ws.close());
console.log(socket.room);
