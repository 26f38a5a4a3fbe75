/**
 * The server of a run, a process of its own. What it does with a connection is
 * what its path says. The argument is the options of the run.
 */

import { WebSocketServer } from '../../wrapper.mjs';
import { numbered } from './payloads.mjs';
import { takeVitals } from './vitals.mjs';

const { broadcasts } = JSON.parse(process.argv[2]);

const MEBIBYTE = 1 << 20;

const BROADCAST_BYTES = 500;

const PUMP_INTERVAL = 100;
const PUMPED_BYTES = 1 << 16;

/** A connection that is pumped gets no more while so much waits. */
const ENOUGH = MEBIBYTE / 2;

const counts = { messages: 0, errors: [], tooSlow: 0 };
const watchers = new Set();
const pumped = new Map();
let lastBroadcast = 0;

const wss = new WebSocketServer(
  {
    host: '127.0.0.1',
    port: 0,
    backlog: 4096,
    perMessageDeflate: { threshold: 64 },
    heartbeat: { interval: 20000, timeout: 40000 },
    handshakeTimeout: 60000,
    maxBackpressure: 4 * MEBIBYTE
  },
  () => process.send({ type: 'ready', port: wss.address().port })
);

const tasks = {
  '/echo': (ws) => {
    ws.on('message', (data, isBinary) => {
      counts.messages++;
      ws.send(data, { binary: isBinary });
    });
  },

  '/watch': (ws) => {
    watchers.add(ws);
    ws.on('close', () => watchers.delete(ws));
  },

  '/slow': (ws) => pump(ws, true),
  '/stuck': (ws) => pump(ws, false)
};

function pump(ws, waits) {
  pumped.set(ws, { next: 0, waits });
  ws.on('close', (code, reason) => {
    pumped.delete(ws);
    if (String(reason).startsWith('Backpressure')) counts.tooSlow++;
  });
}

wss.on('connection', (ws, req) => {
  ws.on('error', (error) => counts.errors.push(error.message));
  tasks[req.url](ws);
});

const broadcasting = setInterval(() => {
  const message = numbered(lastBroadcast++, BROADCAST_BYTES);

  for (const ws of watchers) ws.send(message);
}, 1000 / broadcasts);

const pumping = setInterval(() => {
  for (const [ws, state] of pumped) {
    if (state.waits && ws.bufferedAmount > ENOUGH) continue;
    ws.send(numbered(state.next++, PUMPED_BYTES));
  }
}, PUMP_INTERVAL);

process.on('message', (request) => {
  if (request === 'sample') {
    process.send({
      type: 'sample',
      connections: wss.clients.size,
      ...takeVitals(),
      ...counts
    });
  } else {
    clearInterval(broadcasting);
    clearInterval(pumping);
    wss.close();
    process.disconnect();
  }
});
