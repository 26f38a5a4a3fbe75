'use strict';

// A server with many connections, in whose midst its thread or process ends. See
// crowd.test.js. Runs in a worker or in a process of its own.

const { parentPort } = require('worker_threads');

const WebSocket = require(process.env.OXWS_TEST_PATH || '../..');

const send = parentPort
  ? (message) => parentPort.postMessage(message)
  : (message) => process.send(message);

const wss = new WebSocket.Server(
  { host: '127.0.0.1', port: 0, backlog: 4096 },
  () => send({ port: wss.address().port })
);

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data) => ws.send(data));
});

(parentPort || process).on('message', (request) => {
  // Everything is on its way in both directions when it ends.
  for (const ws of wss.clients) ws.send('broadcast');
  if (request === 'exit') process.exit(7);
  if (request === 'throw') throw new RangeError('thrown with many connections');
});
