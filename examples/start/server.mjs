// `npm start`: a page with a chat and an echo, served by an ordinary HTTP server
// that oxws shares. PORT is where it listens, by default 8080.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import WebSocket, { WebSocketServer } from 'oxws';

const MAX_MESSAGE = 4096;

const TYPES = {
  css: 'text/css',
  html: 'text/html',
  js: 'text/javascript',
  svg: 'image/svg+xml'
};

const files = new Map(
  [
    'chat.js',
    'connection.js',
    'echo.js',
    'icon.svg',
    'index.html',
    'style.css'
  ].map((name) => [`/${name}`, new URL(`public/${name}`, import.meta.url)])
);

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = files.get(pathname === '/' ? '/index.html' : pathname);

  if (!file) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
    return;
  }

  response.writeHead(200, {
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': "default-src 'self'",
    'Content-Type': `${TYPES[file.pathname.split('.').pop()]}; charset=utf-8`
  });
  createReadStream(file).pipe(response);
});

const options = {
  noServer: true,
  maxPayload: MAX_MESSAGE,
  heartbeat: { interval: 30000, timeout: 10000 }
};
const chat = new WebSocketServer(options);
const echo = new WebSocketServer(options);

/**
 * Tells everybody in the chat something.
 *
 * @param {Object} message What
 */
function tellAll(message) {
  const text = JSON.stringify(message);

  for (const client of chat.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(text);
  }
}

chat.on('connection', (ws) => {
  const tellHowMany = () => tellAll({ people: chat.clients.size });

  ws.on('error', console.error);
  ws.on('close', tellHowMany);

  ws.on('message', (data) => {
    const [name, text] = data.toString().split('\n');

    if (name && text) tellAll({ name, text });
  });

  tellHowMany();
});

echo.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary });
  });
});

server.on('upgrade', (request, socket, head) => {
  const wss = { '/chat': chat, '/echo': echo }[request.url];

  if (!wss) {
    socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    return;
  }

  wss.handleUpgrade(request, socket, head, (ws) => {
    wss.emit('connection', ws, request);
  });
});

server.on('error', (error) => {
  console.error(`The page cannot be served: ${error.message}`);
  process.exitCode = 1;
});

server.listen(process.env.PORT || 8080, () => {
  const url = `http://localhost:${server.address().port}`;

  console.log(`Listening on ${url} (open it in two windows)`);
});
