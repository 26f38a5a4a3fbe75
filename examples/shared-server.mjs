// Two WebSocket servers, told apart by the path, on one HTTP server.

import { createServer } from 'node:http';
import { WebSocketServer } from 'oxws';

const server = createServer();
const echo = new WebSocketServer({ noServer: true });
const clock = new WebSocketServer({ noServer: true });

echo.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary });
  });
});

clock.on('connection', (ws) => {
  ws.on('error', console.error);
  ws.send(new Date().toISOString());
});

server.on('upgrade', (request, socket, head) => {
  const { pathname } = new URL(request.url, 'ws://localhost');
  const wss = { '/echo': echo, '/clock': clock }[pathname];

  if (!wss) {
    socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    return;
  }

  wss.handleUpgrade(request, socket, head, (ws) => {
    wss.emit('connection', ws, request);
  });
});

server.listen(process.env.PORT || 8080, () => {
  console.log('Listening on ws://localhost:%d', server.address().port);
});
