/**
 * What is measured: oxws, and what it is measured against.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(BENCH, 'peers/node_modules');
const BUN = join(MODULES, 'bun/bin/bun.exe');

/** What a server needs to be able to do beyond echoing binary messages. */
const ALL = ['text', 'broadcast', 'churn', 'tls', 'deflate', 'work'];
const PLAIN = ['text', 'broadcast', 'churn', 'work'];

/**
 * @typedef {Object} Peer
 * @property {string} id Name on the command line
 * @property {string} label Name in the results
 * @property {string} [server] Script in bench/servers
 * @property {string} [client] Script in bench/clients
 * @property {string} [implementation] Told to the script
 * @property {string[]} can What its server can do beyond echoing binary messages
 * @property {'node'|'bun'|'native'} [runtime] Default `node`
 * @property {Object<string, string>} [env] More environment variables
 * @property {string} [module] Package that has the version, if no server tells
 * @property {boolean} [isRaw] Returns bytes, not messages
 * @property {boolean} [wantsNewLibc] May be run with the loader that the
 *     environment variable BENCH_LIBC names
 */

/** @type {Peer[]} */
export const peers = [
  {
    id: 'ws',
    label: 'ws + bufferutil',
    server: 'ws-api',
    client: 'ws-api',
    implementation: 'ws',
    can: ALL
  },
  {
    id: 'ws-plain',
    label: 'ws',
    server: 'ws-api',
    client: 'ws-api',
    implementation: 'ws',
    env: { WS_NO_BUFFER_UTIL: '1' },
    can: ALL
  },
  {
    id: 'ws-corked',
    label: 'ws, corked by hand',
    server: 'ws-api',
    implementation: 'ws-corked',
    can: ALL
  },
  {
    id: 'oxws',
    label: 'oxws',
    server: 'ws-api',
    client: 'ws-api',
    implementation: 'oxws',
    can: ALL
  },
  {
    id: 'uws',
    label: 'uWebSockets.js',
    server: 'uws',
    can: ALL,
    wantsNewLibc: true
  },
  {
    id: 'bun',
    label: 'Bun',
    runtime: 'bun',
    server: 'bun',
    client: 'standard',
    implementation: 'bun',
    can: ALL
  },
  {
    id: 'bun-ws',
    label: "Bun's ws",
    runtime: 'bun',
    server: 'ws-api',
    client: 'ws-api',
    implementation: 'bun-ws',
    can: ALL
  },
  {
    id: 'websocket',
    label: 'websocket',
    server: 'websocket',
    client: 'websocket',
    can: PLAIN
  },
  {
    id: 'faye',
    label: 'faye-websocket',
    server: 'faye',
    client: 'faye',
    can: PLAIN
  },
  {
    id: 'undici',
    label: 'undici',
    client: 'standard',
    implementation: 'undici',
    module: 'undici',
    can: []
  },
  { id: 'net', label: 'net (bytes only)', server: 'net', can: [], isRaw: true },
  {
    id: 'limit',
    label: 'limit (Rust, epoll)',
    runtime: 'native',
    server: 'native',
    can: ['text', 'broadcast', 'churn']
  }
];

/**
 * Whether a peer can take part in a scenario.
 *
 * @param {Peer} peer
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @return {boolean}
 */
export function takesPart(peer, scenario) {
  if (scenario.peers && !scenario.peers.includes(peer.id)) return false;
  if (!peer[scenario.role]) return false;
  return (scenario.needs ?? []).every((need) => peer.can.includes(need));
}

/**
 * The command that starts a peer's process.
 *
 * @param {Peer} peer
 * @param {'server'|'client'} role
 * @param {Object} options Told to the script
 * @param {string} load Path of the load generator
 * @return {string[]}
 */
export function command(peer, role, options, load) {
  if (peer.runtime === 'native') {
    return [load, JSON.stringify({ mode: 'serve', handler: options.handler })];
  }
  const script = join(BENCH, `${role}s`, `${peer[role]}.mjs`);
  const { implementation } = peer;
  const argument = JSON.stringify({ ...options, implementation });
  if (peer.runtime === 'bun') return [BUN, script, argument];
  const flags = options.collect ? ['--expose-gc'] : [];
  return [...loader(peer), process.execPath, ...flags, script, argument];
}

/**
 * uWebSockets.js wants a younger C library than some systems have: BENCH_LIBC
 * may name a folder with another one and its loader.
 *
 * @param {Peer} peer
 * @return {string[]}
 */
function loader(peer) {
  const folder = process.env.BENCH_LIBC;
  if (!peer.wantsNewLibc || !folder) return [];
  const name = ['ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'].find((name) =>
    existsSync(join(folder, name))
  );
  if (!name) throw new Error(`No loader in BENCH_LIBC (${folder})`);
  return [join(folder, name), '--library-path', folder];
}

/**
 * The version of a peer that has no server to tell it.
 *
 * @param {Peer} peer
 * @return {string}
 */
export function packageVersion(peer) {
  const file = join(MODULES, peer.module, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
