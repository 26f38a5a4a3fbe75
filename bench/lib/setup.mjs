/**
 * Everything that must exist before the first run.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from './peers.mjs';
import { startServer } from './measure.mjs';
import { capacity } from './scenarios.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(BENCH, '.cache');
const PEERS = join(BENCH, 'peers');

function run(file, args, options) {
  const result = spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(`${file} ${args[0]} ended with ${result.status}`);
  }
  return result.stdout;
}

/**
 * Builds the load generator, installs the peers and makes a certificate, each
 * if it is not there yet.
 *
 * @return {import('./measure.mjs').Setup}
 */
export function prepare() {
  const load = buildLoad();
  installPeers();
  const folder = join(CACHE, 'tls');
  const tls = {
    certificate: join(folder, 'certificate.pem'),
    key: join(folder, 'key.pem')
  };
  if (!existsSync(tls.key)) {
    run(load, [JSON.stringify({ mode: 'certificate', folder })]);
  }
  return { load, tls };
}

function buildLoad() {
  const output = run('cargo', [
    'build',
    '--release',
    '--locked',
    '--quiet',
    '--message-format=json',
    `--manifest-path=${join(BENCH, 'load/Cargo.toml')}`
  ]);
  const messages = output.split('\n').filter(Boolean);
  return messages.map((line) => JSON.parse(line).executable).find(Boolean);
}

function installPeers() {
  const marker = join(PEERS, 'node_modules/.package-lock.json');
  const wanted = join(PEERS, 'package-lock.json');
  const isCurrent =
    existsSync(marker) && statSync(marker).mtimeMs >= statSync(wanted).mtimeMs;
  if (isCurrent) return;
  console.error('Installing the peers into bench/peers/node_modules …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: PEERS
  });
}

/**
 * Finds out whether a peer runs on this machine.
 *
 * @param {import('./peers.mjs').Peer} peer
 * @param {import('./measure.mjs').Setup} setup
 * @return {Promise<{version?: string, problem?: string}>}
 */
export async function probe(peer, setup) {
  if (!peer.server) return { version: packageVersion(peer) };
  const server = startServer(peer, capacity, setup);
  try {
    const { version } = await server.next();
    return { version };
  } catch (error) {
    return { problem: error.message };
  } finally {
    await server.kill();
  }
}
