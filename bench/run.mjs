/**
 * The benchmark: `npm run bench`, or `npm run bench -- --full`.
 * `--help` lists the options.
 */

import { parseArgs } from 'node:util';
import { canPin } from './lib/child.mjs';
import { describeMachine, disturbance } from './lib/machine.mjs';
import { measure } from './lib/measure.mjs';
import { peers, takesPart } from './lib/peers.mjs';
import { publish } from './lib/publish.mjs';
import { capacity, scenarios } from './lib/scenarios.mjs';
import { prepare, probe } from './lib/setup.mjs';
import { BASE, summarize } from './lib/summary.mjs';
import { toText } from './lib/table.mjs';

const HELP = `npm run bench -- [options]

  --full             every scenario and every peer (about an hour)
  --scenarios a,b    these scenarios, or all whose name begins so
  --peers a,b        these peers (ws is always measured)
  --rounds n         runs of each peer in each scenario
  --duration ms      length of a measurement
  --warmup ms        load before it
  --write            write the results to docs/benchmarks
  --list             name scenarios and peers
`;

/** Peers of the quick run. */
const QUICK_PEERS = ['ws', 'oxws', 'limit'];

const { values: flags } = parseArgs({
  options: {
    full: { type: 'boolean' },
    scenarios: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    duration: { type: 'string' },
    warmup: { type: 'string' },
    write: { type: 'boolean' },
    list: { type: 'boolean' },
    help: { type: 'boolean' }
  }
});

function chooseScenarios() {
  if (!flags.scenarios) {
    return scenarios.filter(({ isQuick }) => flags.full || isQuick);
  }
  return flags.scenarios.split(',').flatMap((name) => {
    const exact = scenarios.filter(({ id }) => id === name);
    const found = exact.length
      ? exact
      : scenarios.filter(({ id }) => id.startsWith(name));
    if (found.length === 0) throw new Error(`No scenario ${name}; see --list`);
    return found;
  });
}

function choosePeers() {
  const names = flags.peers?.split(',') ?? (flags.full ? null : QUICK_PEERS);
  for (const name of names ?? []) {
    if (!peers.some(({ id }) => id === name)) {
      throw new Error(`No peer ${name}; see --list`);
    }
  }
  return peers.filter(({ id }) => !names || id === BASE || names.includes(id));
}

function chooseTiming() {
  const usual = flags.full
    ? { rounds: 5, warmup: 800, duration: 2000 }
    : { rounds: 3, warmup: 350, duration: 650 };
  for (const name of Object.keys(usual)) {
    if (flags[name] === undefined) continue;
    usual[name] = Number(flags[name]);
    if (!(usual[name] > 0)) throw new Error(`--${name} must be a number`);
  }
  return usual;
}

/** Leaves out peers that do not run here, and says why. */
async function findUsable(chosen, setup) {
  const versions = {};
  const skipped = {};
  for (const peer of chosen) {
    const { version, problem } = await probe(peer, setup);
    if (problem) {
      skipped[peer.id] = problem;
      console.log(`${peer.label} is left out: ${problem}`);
    } else {
      versions[peer.id] = version ?? 'this repository';
    }
  }
  const usable = chosen.filter(({ id }) => versions[id]);
  return { usable, versions, skipped };
}

/** The rate of a paced scenario: a share of what ws can do here and now. */
async function findRate(scenario, timing, setup) {
  if (!scenario.pacedAt) return undefined;
  const base = peers.find(({ id }) => id === BASE);
  const { per_second: rate } = await measure(capacity, base, { timing }, setup);
  return Math.round(rate * scenario.pacedAt);
}

async function runScenario(scenario, usable, { rounds, ...timing }, setup) {
  const rate = await findRate(scenario, timing, setup);
  const taking = usable.filter((peer) => takesPart(peer, scenario));
  const outcomes = new Map(
    taking.map(({ id }) => [id, { runs: [], problems: [] }])
  );
  for (let round = 0; round < rounds; round++) {
    for (const peer of taking) {
      const { runs, problems } = outcomes.get(peer.id);
      try {
        runs.push(await measure(scenario, peer, { timing, rate }, setup));
      } catch (error) {
        problems.push(error.message);
      }
    }
  }
  return { scenario, rate, rows: summarize(scenario, outcomes), outcomes };
}

async function main() {
  const setup = prepare();
  const { usable, versions, skipped } = await findUsable(choosePeers(), setup);
  const labels = new Map(peers.map(({ id, label }) => [id, label]));
  const timing = chooseTiming();
  const warning = disturbance();
  if (warning) console.log(warning);
  if (!canPin) console.log('No cores to pin processes to: they share all.');
  const results = [];
  for (const scenario of chooseScenarios()) {
    const result = await runScenario(scenario, usable, timing, setup);
    console.log(`\n${toText(scenario, result.rows, labels)}`);
    const runs = Object.fromEntries(result.outcomes);
    results.push({ ...result, outcomes: undefined, runs });
  }
  if (flags.write) {
    const machine = describeMachine();
    const report = { machine, versions, skipped, timing, results };
    console.log(`\nWritten to ${publish(report, labels)}`);
  }
}

if (flags.help) {
  console.log(HELP);
} else if (flags.list) {
  for (const { id, title } of scenarios)
    console.log(`${id.padEnd(24)}${title}`);
  for (const { id, label } of peers) console.log(`${id.padEnd(24)}${label}`);
} else {
  await main();
}
