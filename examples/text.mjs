// Sends a line of text and prints what comes back.

import WebSocket from 'oxws';

const ws = new WebSocket(process.argv[2] || 'ws://localhost:8080');

ws.on('error', console.error);

ws.on('open', () => {
  ws.send('Hello');
});

ws.on('message', (data) => {
  console.log('received: %s', data);
});
