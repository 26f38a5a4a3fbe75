// Sends five numbers as the bytes of a typed array.

import WebSocket from 'oxws';

const ws = new WebSocket(process.argv[2] || 'ws://localhost:8080');

ws.on('error', console.error);

ws.on('open', () => {
  ws.send(Float32Array.of(0, 0.5, 1, 1.5, 2));
});

ws.on('message', (data, isBinary) => {
  console.log(isBinary ? 'binary' : 'text', data);
});
