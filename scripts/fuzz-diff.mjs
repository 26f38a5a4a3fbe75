// Does the same random things to ws and to oxws and compares what happens; see
// CONTRIBUTING.md.

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const { start } = require('../__test__/fuzz/start.js');
const { tested } = require('../__test__/support/implementations.js');

const usage = `Usage: npm run fuzz:diff -- [options]

  --seconds N         how long (60)
  --from S            the first of the seeds (a random one)
  --seed S            the scenario of this seed alone
  --scenario FILE     the scenario in this file alone, in JSON
  --transport NAME    ${tested.map(({ name }) => name).join(' or ')} alone`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: String(randomInt(2 ** 32)) },
      help: { type: 'boolean' },
      scenario: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      transport: { type: 'string' }
    }
  });

  if (values.help) {
    console.log(usage);
    process.exit();
  }

  return values;
}

/** Runs a transport's share; returns whether nothing is wrong with it. */
async function run(implementation, task) {
  const { name } = implementation;
  const { summary, at, exit } = await start(implementation, task, (lines) => {
    console.log(`\n[${name}] ${lines.join('\n')}`);
  });

  if (summary === null) {
    console.log(`\n[${name}] died at ${at} with ${exit}`);
    return false;
  }

  print(name, summary);
  return summary.broken === 0;
}

function print(name, { scenarios, declared, broken, unstable }) {
  const total = Object.values(declared).reduce((sum, n) => sum + n, 0);

  console.log(
    `\n[${name}] ${scenarios} scenarios, ${broken} unexplained differences, ` +
      `${unstable.length} seen once, ${total} declared:`
  );
  for (const [row, count] of Object.entries(declared)) {
    console.log(`  ${count}  ${row}`);
  }
}

const { from, scenario, seconds, seed, transport } = readArguments();
const task = {
  from: Number(from),
  seconds: Number(seconds),
  seed: seed === undefined ? undefined : Number(seed),
  scenario: scenario && JSON.parse(readFileSync(scenario, 'utf8'))
};
const chosen = tested.filter(({ name }) => !transport || name === transport);
const results = await Promise.all(chosen.map((entry) => run(entry, task)));

if (results.length === 0 || results.includes(false)) process.exitCode = 1;
