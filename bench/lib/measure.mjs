/**
 * One run: a fresh process under test, and the load generator.
 */

import { Child } from './child.mjs';
import { command } from './peers.mjs';

/** The process under test has one core, the load generator another. */
const TESTED_CORE = 0;
const LOAD_CORE = 1;

/**
 * @typedef {Object} Setup
 * @property {string} load Path of the load generator
 * @property {{certificate: string, key: string}} tls Files for servers
 */

/**
 * Starts the process under test, puts it under load and ends it.
 *
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {import('./peers.mjs').Peer} peer
 * @param {Object} variable What differs from run to run
 * @param {{warmup: number, duration: number}} variable.timing Milliseconds
 * @param {number} [variable.rate] Messages a second in a paced scenario
 * @param {Setup} setup
 * @return {Promise<Object>} The load generator's result
 */
export function measure(scenario, peer, variable, setup) {
  return scenario.role === 'server'
    ? measureServer(scenario, peer, variable, setup)
    : measureClient(scenario, peer, variable, setup);
}

async function measureServer(scenario, peer, variable, setup) {
  const server = startServer(peer, scenario, setup);
  let load;
  try {
    const { port } = await server.next();
    const target = { ...scenario.load.target, port, pid: server.pid };
    if (isSecure(scenario)) target.tls = setup.tls.certificate;
    load = startLoad(scenario, peer, { ...variable, target }, setup);
    return await Promise.race([load.next(), failure(server)]);
  } finally {
    await Promise.all([server.kill(), load?.kill()]);
  }
}

async function measureClient(scenario, peer, variable, setup) {
  const { target } = scenario.load;
  const load = startLoad(scenario, peer, { ...variable, target }, setup);
  let client;
  try {
    const { port } = await load.next();
    const options = {
      ...scenario.process,
      connections: target.connections,
      url: `ws://127.0.0.1:${port}`
    };
    client = new Child(command(peer, 'client', options, setup.load), {
      core: scenario.isUnpinned ? undefined : TESTED_CORE,
      env: peer.env
    });
    return await Promise.race([load.next(), failure(client)]);
  } finally {
    await Promise.all([load.kill(), client?.kill()]);
  }
}

/**
 * Starts a server without load.
 *
 * @param {import('./peers.mjs').Peer} peer
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {Setup} setup
 * @return {Child}
 */
export function startServer(peer, scenario, setup) {
  const options = { ...scenario.process };
  if (isSecure(scenario)) options.tls = setup.tls;
  return new Child(command(peer, 'server', options, setup.load), {
    core: scenario.isUnpinned ? undefined : TESTED_CORE,
    env: peer.env
  });
}

function startLoad(scenario, peer, { target, timing, rate }, setup) {
  const config = { ...scenario.load, target };
  if (config.mode !== 'idle') config.timing = scenario.timing ?? timing;
  if (rate) config.rate = rate;
  if (peer.isRaw) config.raw = true;
  return new Child([setup.load, JSON.stringify(config)], {
    core: scenario.isUnpinned ? undefined : LOAD_CORE
  });
}

function isSecure(scenario) {
  return scenario.needs?.includes('tls') ?? false;
}

/** Rejects when a process ends that was to live through the run. */
async function failure(child) {
  await child.exited;
  return child.next();
}
