'use strict';

// A server and a client in one process, for environments.test.js: prints what
// came back, and how the connection ended.

const http = require('http');

const WebSocket = require('../..');

const server = http.createServer();
const wss = new WebSocket.Server({ perMessageDeflate: true, server });

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

server.listen(0, '127.0.0.1', () => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  const sizes = [];

  ws.on('open', () => {
    ws.send('text');
    ws.send(Buffer.alloc(5000));
    ws.send(Buffer.alloc(500000));
  });
  ws.on('message', (data) => {
    if (sizes.push(data.length) === 3) ws.close(1000, 'bye');
  });
  ws.on('close', (code, reason) => {
    console.log(`${sizes} ${code} ${reason}`);
    wss.close();
    server.close();
  });
});
