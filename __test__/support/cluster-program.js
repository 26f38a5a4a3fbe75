'use strict';

// Workers of a cluster that share a port, for cluster.test.js. The argument is
// the scheduling policy. The primary tells who has answered, once it has all.

const cluster = require('cluster');
const { once } = require('events');

const WebSocket = require('../..');

const WORKERS = 2;
const CLIENTS = 8;

/** Answers with the worker's number. */
function work() {
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
    process.send(wss.address().port);
  });

  wss.on('connection', (ws) => {
    ws.on('message', (data) => {
      const onLane = ws._socket._handle.fd === -1;

      ws.send(`${cluster.worker.id} ${data} ${onLane ? 'lane' : 'stream'}`);
    });
  });
}

/** @return {Promise<String>} What the worker that got a client answers */
async function ask(port) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}`);

  await once(ws, 'open');
  ws.send('hello');

  const [answer] = await once(ws, 'message');

  ws.close();
  await once(ws, 'close');
  return String(answer);
}

/** Starts workers, asks them, and makes them disconnect. */
async function lead() {
  cluster.schedulingPolicy = cluster[process.argv[2]];

  const ports = [];

  for (let i = 0; i < WORKERS; i++) {
    const [port] = await once(cluster.fork(), 'message');

    ports.push(port);
  }

  const answers = new Set();

  for (let i = 0; i < CLIENTS; i++) answers.add(await ask(ports[i % WORKERS]));

  await new Promise((resolve) => cluster.disconnect(resolve));
  console.log(JSON.stringify({ ports, answers: [...answers].sort() }));
}

if (cluster.isPrimary) lead();
else work();
