// Gives random opening handshakes and header fields to ws and to oxws and compares
// what they make of them; see CONTRIBUTING.md.

import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const { Comparison } = require('../__test__/fuzz/headers/compare.js');
const { generate } = require('../__test__/fuzz/headers/generate.js');
const corpus = require('../__test__/fuzz/headers/corpus.json');

/** After so many, the others are likely to be the same. */
const MAX_REPORTS = 5;

const { values } = parseArgs({
  options: {
    // The first of the seeds.
    from: { type: 'string', default: String(randomInt(2 ** 32)) },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' }
  }
});

/** The cases of the run, each with a name. */
function* cases() {
  if (values.seed !== undefined) {
    yield [`seed ${values.seed}`, generate(Number(values.seed))];
    return;
  }

  for (const { title, input } of corpus) yield [`corpus: ${title}`, input];

  for (let seed = Number(values.from); ; seed = (seed + 1) >>> 0) {
    yield [`seed ${seed}`, generate(seed)];
  }
}

const comparison = new Comparison();
const end = Date.now() + 1000 * Number(values.seconds);
const counts = {};
let differences = 0;

await comparison.start();

for (const [name, input] of cases()) {
  if (Date.now() > end || differences === MAX_REPORTS) break;

  const difference = await comparison.run(input);

  counts[input.kind] = (counts[input.kind] ?? 0) + 1;
  if (!difference) continue;

  differences++;
  console.log(`${name}:\n${JSON.stringify(input)}`);
  console.dir(difference, { depth: null });
}

comparison.stop();

for (const [kind, count] of Object.entries(counts)) {
  console.log(`${String(count).padStart(8)}  ${kind}`);
}
console.log(`${String(differences).padStart(8)}  differences`);

if (differences > 0) process.exitCode = 1;
