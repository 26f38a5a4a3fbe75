// Passes every message on to all other clients.

import WebSocket, { WebSocketServer } from 'oxws';

const wss = new WebSocketServer({ port: process.env.PORT || 8080 });

wss.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    for (const client of wss.clients) {
      // Without the first condition the sender would get it too.
      if (client !== ws && client.readyState === WebSocket.OPEN) {
        client.send(data, { binary: isBinary });
      }
    }
  });
});

wss.on('listening', () => {
  console.log('Listening on ws://localhost:%d', wss.address().port);
});
