'use strict';

// A server in several processes. See processes.test.js.

const cluster = require('cluster');
const http = require('http');

const WebSocket = require(process.env.OXWS_TEST_PATH || '../..');

/**
 * Makes a server that answers with the process and the message.
 *
 * @return {http.Server} The server
 */
function makeServer() {
  const server = http.createServer();
  const wss = new WebSocket.Server({ server });

  wss.on('connection', (ws) => {
    ws.on('message', (data) => ws.send(`${process.pid} ${data}`));
  });
  return server;
}

/** One of those that share a port. */
function runWorker() {
  makeServer().listen(0, '127.0.0.1');
}

/** Who makes them, and ends one if told. */
function runPrimary() {
  let listening = 0;

  cluster.on('listening', (worker, { port }) => {
    if (++listening === 2) process.send({ port });
  });
  cluster.on('exit', ({ process: { pid } }) => process.send({ gone: pid }));
  for (let i = 0; i < 2; i++) cluster.fork();

  process.on('message', ({ pid, method, value }) => {
    const worker = Object.values(cluster.workers).find(
      (one) => one.process.pid === pid
    );

    worker[method](value);
  });
}

/** One that has no port but is given sockets. */
function runReceiver() {
  const server = makeServer();

  process.on('message', (message, socket) => {
    server.emit('connection', socket);
    socket.resume();
  });
  process.send({ ready: true });
}

if (process.argv[2] === 'receive') runReceiver();
else if (cluster.isPrimary) runPrimary();
else runWorker();
