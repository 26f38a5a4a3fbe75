'use strict';

// A server and a client in one process, for the tests of unusual processes:
// prints how much of what was sent came back, and how the connection ended.

const http = require('http');

const WebSocket = require('../..');

const messages = ['text', Buffer.alloc(5000, 'a'), Buffer.alloc(500000, 'bc')];
const server = http.createServer();
const wss = new WebSocket.Server({ perMessageDeflate: true, server });

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

server.listen(0, '127.0.0.1', () => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  const sizes = [];

  ws.on('open', () => {
    for (const message of messages) ws.send(message);
  });
  ws.on('message', (data) => {
    const isSame = data.equals(Buffer.from(messages[sizes.length]));

    sizes.push(isSame ? data.length : 'different');
    if (sizes.length === messages.length) ws.close(1000, 'bye');
  });
  ws.on('close', (code, reason) => {
    console.log(`${sizes} ${code} ${reason}`);
    wss.close();
    server.close();
  });
});
