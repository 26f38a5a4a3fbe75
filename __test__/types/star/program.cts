// A program for @types/ws that imports everything under one name, as was usual
// before there was `esModuleInterop`; see programs/commonjs.cts.

import * as WebSocket from 'ws';
import { RawData, Server, WebSocketServer } from 'ws';

const socket: WebSocket = new WebSocket('ws://localhost');
const server = new WebSocket.Server({ port: 0 });
const other: Server = new WebSocketServer({ noServer: true });

socket.on('message', (data: WebSocket.RawData) => {
  const raw: RawData = data;
  other.emit('something', raw);
});
server.on('connection', (ws: WebSocket) => ws.terminate());
socket.onclose = (event: WebSocket.CloseEvent) => event.code;
