'use strict';

// What the workers of worker-threads.test.js run: a server and clients that
// never stop talking to each other.

const { parentPort, workerData } = require('worker_threads');

const WebSocket = require('../..');

const { clients = 0, exit, throws, url } = workerData;
const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
let messages = 0;

/** Ends the worker in the way told, in a listener, after some messages. */
function maybeEnd() {
  if (++messages === 1) parentPort.postMessage('busy');
  if (messages < 100) return;
  if (exit !== undefined) process.exit(exit);
  if (throws) throw new RangeError('thrown by a listener');
}

/**
 * Keeps a connection busy.
 *
 * @param {String} address Where to connect to
 */
function connect(address) {
  const ws = new WebSocket(address);

  ws.on('error', () => {});
  ws.on('open', () => {
    for (let i = 0; i < 8; i++) ws.send(`message ${i}`);
    ws.send(Buffer.alloc(100000));
    ws.ping();
  });
  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary });
    maybeEnd();
  });
}

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => {
    ws.send(data, { binary: isBinary }, () => {});
  });
});
wss.on('listening', () => {
  const own = `ws://127.0.0.1:${wss.address().port}`;

  for (let i = 0; i < clients; i++) connect(url || own);
});
parentPort.on('message', () => {
  wss.close();
  for (const ws of wss.clients) ws.terminate();
  parentPort.close();
});
