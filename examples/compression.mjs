// Compresses what it sends, if the client supports that: messages of a kilobyte
// and more, each on its own, so that no memory is kept for a connection.

import { WebSocketServer } from 'oxws';

const wss = new WebSocketServer({
  port: process.env.PORT || 8080,
  perMessageDeflate: {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    threshold: 1024,
    zlibDeflateOptions: { level: 3 }
  }
});

wss.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary });
  });
});

wss.on('listening', () => {
  console.log('Listening on ws://localhost:%d', wss.address().port);
});
