// Only clients that send a known token are upgraded.

import { createServer } from 'node:http';
import { WebSocketServer } from 'oxws';

const users = new Map([['Bearer 1a2b3c', 'Ada']]);

// Stands for a look into a database.
async function authenticate(request) {
  return users.get(request.headers.authorization);
}

const server = createServer();
const wss = new WebSocketServer({ noServer: true });

wss.on('connection', (ws, request, user) => {
  ws.on('error', console.error);

  ws.on('message', (data) => {
    console.log('received from %s: %s', user, data);
  });

  ws.send(`Hello ${user}`);
});

server.on('upgrade', async (request, socket, head) => {
  // Until handleUpgrade() has the socket, its errors are ours.
  socket.on('error', console.error);

  const user = await authenticate(request);

  if (!user) {
    socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    return;
  }

  socket.off('error', console.error);

  wss.handleUpgrade(request, socket, head, (ws) => {
    wss.emit('connection', ws, request, user);
  });
});

server.listen(process.env.PORT || 8080, () => {
  console.log('Listening on ws://localhost:%d', server.address().port);
});
