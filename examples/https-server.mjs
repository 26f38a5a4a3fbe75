// Shares an HTTPS server with ordinary requests. Its certificate and key are
// named on the command line: node examples/https-server.mjs cert.pem key.pem

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { WebSocketServer } from 'oxws';

const [cert, key] = process.argv.slice(2).map((name) => readFileSync(name));

const server = createServer({ cert, key }, (request, response) => {
  response.end('This is the HTTPS server.\n');
});
const wss = new WebSocketServer({ server });

wss.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary });
  });
});

server.listen(process.env.PORT || 8080, () => {
  console.log('Listening on wss://localhost:%d', server.address().port);
});
