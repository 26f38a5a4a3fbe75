'use strict';

// A process of the fuzzer: runs scenarios on one transport until its time is
// over. Tells its parent what it is at, what it found, and how it went.

const corpus = require('./corpus.json');
const { generate } = require('./generate');
const { describeDifference, describeScenario } = require('./print');
const { Rig } = require('./rig');

/** After so many, the others are likely to be the same. */
const MAX_REPORTS = 5;

const task = JSON.parse(process.argv[2]);
const rig = new Rig({
  reference: require('ws'),
  tested: require(task.module),
  transport: task.transport
});
const summary = { scenarios: 0, declared: {}, broken: 0, unstable: [] };

/** The scenarios of the task, each with a name. */
function* scenarios() {
  if (task.scenario) {
    yield { name: 'the scenario', scenario: task.scenario };
    return;
  }

  if (task.seed !== undefined) {
    yield { name: `seed ${task.seed}`, scenario: generate(task.seed) };
    return;
  }

  for (const { title, scenario } of corpus) {
    yield { name: `corpus: ${title}`, scenario, always: true };
  }

  if (task.corpusOnly) return;

  for (let seed = task.from; ; seed = (seed + 1) >>> 0) {
    yield { name: `seed ${seed}`, scenario: generate(seed) };
  }
}

async function tryOne(name, scenario) {
  const difference = await rig.run(scenario);

  summary.scenarios++;
  if (!difference) return;

  if (difference.because) {
    const { because } = difference;

    summary.declared[because] = (summary.declared[because] || 0) + 1;
  } else if (await rig.isBroken(scenario)) {
    summary.broken++;
    await report(name, scenario);
  } else {
    summary.unstable.push(name);
    process.send({
      lines: [`${name}: once`, ...describeDifference(difference)]
    });
  }
}

async function report(name, scenario) {
  const found = await rig.shrink(scenario);

  process.send({
    lines: [
      `${name}, shortened:`,
      ...describeScenario(found.scenario),
      ...(found.difference ? describeDifference(found.difference) : []),
      JSON.stringify(found.scenario)
    ]
  });
}

async function main() {
  const end = Date.now() + 1000 * task.seconds;

  for (const { name, scenario, always } of scenarios()) {
    if ((!always && Date.now() > end) || summary.broken === MAX_REPORTS) break;

    // What JSON cannot hold has no place in a corpus.
    const copy = JSON.parse(JSON.stringify(scenario));

    process.send({ at: name });
    await tryOne(name, copy);
  }

  process.send({ summary }, () => process.exit());
}

main();
