// Greets every client, and prints what it sends and where it comes from.

import { WebSocketServer } from 'oxws';

const port = process.env.PORT || 8080;
const wss = new WebSocketServer({ port });

wss.on('connection', (ws, request) => {
  const { remoteAddress } = request.socket;

  ws.on('error', console.error);

  ws.on('message', (data) => {
    console.log('received from %s: %s', remoteAddress, data);
  });

  ws.send('Hello');
});

wss.on('listening', () => {
  console.log('Listening on ws://localhost:%d', wss.address().port);
});
