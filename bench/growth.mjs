/**
 * Memory of a server while compressed connections come and go:
 * `node bench/growth.mjs [--minutes 20] [--peer oxws]`. A fifth of a core.
 *
 * Connections live for two to forty seconds, so that some of them go to rest
 * and come back. Every reply is compared with what was sent.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './lib/child.mjs';
import { command, peers } from './lib/peers.mjs';
import { load } from './lib/ws-api.mjs';

const CONNECTIONS = 150;
const MESSAGES_A_BURST = 10;
const SAMPLE_SECONDS = 30;

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    peer: { type: 'string', default: 'oxws' }
  }
});

const peer = peers.find(({ id }) => id === flags.peer);
if (!peer?.can.includes('deflate')) throw new Error(`No peer ${flags.peer}`);

const { WebSocket } = load('oxws');
const options = { handler: 'echo', deflate: { takeover: true }, collect: true };
const server = new Child(command(peer, 'server', options), { env: peer.env });
const { port } = await server.next();
const end = Date.now() + flags.minutes * 60_000;
const counts = { connections: 0, messages: 0 };

function text() {
  const records = Array.from({ length: 1 + Math.random() * 40 }, () => ({
    id: Math.floor(Math.random() * 1e6),
    user: `user${Math.floor(Math.random() * 500)}`,
    amount: Math.random() * 2000,
    state: ['open', 'pending', 'shipped'][Math.floor(Math.random() * 3)]
  }));
  return JSON.stringify(records);
}

async function echo(ws) {
  const sent = Array.from({ length: MESSAGES_A_BURST }, text);
  await new Promise((resolve, reject) => {
    let received = 0;
    ws.on('close', () => reject(new Error('The connection ended')));
    ws.on('message', (data) => {
      if (data.toString() !== sent[received++]) {
        reject(new Error('A reply differs'));
      } else if (received === sent.length) {
        resolve();
      }
    });
    for (const message of sent) ws.send(message);
  });
  ws.removeAllListeners();
  counts.messages += sent.length;
}

async function connect() {
  const ws = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => {
    ws.on('open', resolve);
    ws.on('error', reject);
  });
  counts.connections++;
  await echo(ws);
  await delay(2000 + 38_000 * Math.random() ** 4);
  await echo(ws);
  const closed = new Promise((resolve) => ws.on('close', resolve));
  ws.close();
  await closed;
}

async function keepConnecting() {
  await delay(Math.random() * 10_000);
  while (Date.now() < end) await connect();
}

/** MiB of resident memory of a process. */
function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (/VmRSS:\s+(\d+)/.exec(status)[1] / 1024).toFixed(1);
}

function report() {
  const seconds = Math.round(process.uptime());
  console.log(
    `${seconds} s: server ${resident(server.pid)} MiB, ` +
      `${counts.connections} connections, ${counts.messages} messages`
  );
}

const timer = setInterval(report, SAMPLE_SECONDS * 1000);
await Promise.all(Array.from({ length: CONNECTIONS }, keepConnecting));
clearInterval(timer);
report();
await server.kill();
