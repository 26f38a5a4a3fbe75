/**
 * The clients of a run, in a process of their own. The argument is the options
 * of the run, with the `port` of the server.
 */

import { setTimeout as delay } from 'node:timers/promises';

import { EchoClient, SlowReader, StuckReader, Watcher } from './clients.mjs';
import { takeVitals } from './vitals.mjs';

const { port, connections, rate, churn } = JSON.parse(process.argv[2]);

/** Milliseconds between two looks at what has to be done. */
const TICK = 20;

/** Connections that are opened or closed at the same time. */
const AT_ONCE = 100;

/** Notes that are told in full. */
const MOST_NOTES = 20;

/** Milliseconds the last echoes may take. */
const PATIENCE = 60000;

/** All of 127.0.0.0/8 is this machine on Linux; each address has ports of its own. */
const ADDRESSES =
  process.platform === 'linux'
    ? Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 2}`)
    : [undefined];

const counts = {
  opened: 0,
  closed: 0,
  sent: 0,
  echoed: 0,
  givenUp: 0,
  numbered: 0,
  thrownOut: 0,
  notes: 0
};
const notes = [];

const run = {
  addresses: ADDRESSES,
  counts,
  isOver: false,
  latencies: [],
  note(text) {
    counts.notes++;
    if (notes.length < MOST_NOTES) notes.push(text);
  },
  url: `ws://127.0.0.1:${port}`
};

/** Of a thousand clients, one is stuck, two are slow and a hundred watch. */
function makeClient(index) {
  const place = index % 1000;

  if (place === 0) return new StuckReader(run, index);
  if (place < 3) return new SlowReader(run, index);
  return place < 103 ? new Watcher(run, index) : new EchoClient(run, index);
}

const clients = Array.from({ length: connections }, (_, i) => makeClient(i));
const echoClients = clients.filter((client) => client instanceof EchoClient);
const stuck = clients.filter((client) => client instanceof StuckReader);
const replaceable = clients.filter((client) => !stuck.includes(client));

function randomOf(list) {
  return list[Math.floor(Math.random() * list.length)];
}

async function forAll(task) {
  const iterator = clients.values();
  const work = async () => {
    for (const client of iterator) await task(client);
  };

  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function replace() {
  const client = randomOf(replaceable);

  if (!client.isOpen) return;

  await client.close(Math.random() < 0.5 ? 'close' : 'terminate');
  if (!run.isOver) await client.open();
}

/** How many of so many a second are due, over time and by chance. */
function due(perSecond, elapsed) {
  const exact = (perSecond * elapsed) / 1000;

  return Math.floor(exact + Math.random());
}

let lastTick = performance.now();

function tick() {
  const now = performance.now();

  // After a long time without a turn, there is not everything to make up for.
  const elapsed = Math.min(now - lastTick, 10 * TICK);

  lastTick = now;
  for (let i = due(rate, elapsed); i > 0; i--) {
    const client = randomOf(echoClients);

    if (client.isOpen) client.send();
  }
  for (let i = due(churn, elapsed); i > 0; i--) replace();
}

function percentile(sorted, share) {
  return sorted[Math.floor(sorted.length * share)] ?? null;
}

function sample() {
  const latencies = run.latencies.splice(0).sort((a, b) => a - b);

  return {
    type: 'sample',
    open: clients.filter((client) => client.isOpen).length,
    stuck: stuck.length,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    ...takeVitals(),
    ...counts,
    texts: notes
  };
}

/** Waits for the last echoes and closes everything. */
async function end(ticking) {
  clearInterval(ticking);
  run.isOver = true;

  const deadline = performance.now() + PATIENCE;
  const waits = () => echoClients.some(({ expected }) => expected.length > 0);

  while (waits() && performance.now() < deadline) await delay(TICK);
  await forAll((client) => client.close('close'));
}

let ticking;

const requests = {
  /** What is made once is made by the first connection. */
  async warm() {
    const client = new EchoClient(run, 1);

    await client.open();
    await client.close('close');
    return { type: 'warm' };
  },

  async start() {
    await forAll((client) => client.open());
    ticking = setInterval(tick, TICK);
    return { type: 'started' };
  },

  sample,

  async end() {
    await end(ticking);
    return { type: 'ended' };
  },

  stop() {
    process.disconnect();
  }
};

process.on('message', async (request) => {
  const answer = await requests[request]();

  if (answer) process.send(answer);
});
