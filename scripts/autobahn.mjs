/**
 * Runs the Autobahn test suite against oxws as a server and as a client, on lanes
 * and over streams, and prints what came out.
 *
 * Options: `--quick` leaves out most of what takes long; `--role=server` or
 * `client`, `--transport=lane` or `stream` and `--cases=6.*,7.1.1` restrict what
 * is run. Reports in HTML are left in target/autobahn/reports.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { CATEGORIES, QUICK_CASES, TOLERATED } from '../autobahn/cases.mjs';
import { Run } from '../autobahn/run.mjs';

const PASSED = new Set(['OK', 'INFORMATIONAL']);

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    quick: { type: 'boolean', default: false },
    role: { type: 'string' },
    transport: { type: 'string' }
  }
});

/**
 * @return {String} The command that runs the suite
 */
function setUp() {
  const script = fileURLToPath(new URL('autobahn-setup.sh', import.meta.url));
  const { status, stdout } = spawnSync(script, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit']
  });

  if (status !== 0) process.exit(1);
  return stdout.trim();
}

/**
 * @return {String[]} The cases to run, by their numbers
 */
function chosenCases() {
  if (options.cases) return options.cases.split(',');
  return options.quick ? QUICK_CASES : ['*'];
}

/**
 * @return {Run[]} The roles and transports to run
 */
function chosenRuns() {
  const roles = options.role ? [options.role] : ['server', 'client'];
  const transports = options.transport
    ? [options.transport]
    : ['lane', 'stream'];

  return roles.flatMap((role) =>
    transports.map((transport) => new Run(role, transport))
  );
}

/**
 * Judges a case by what it did and by how the connection was closed.
 *
 * @param {String} number The case's number
 * @param {Object} result What the suite says
 * @return {String} 'passed', 'tolerated' or 'failed'
 */
function judge(number, { behavior, behaviorClose }) {
  const verdicts = [behavior, behaviorClose];

  if (verdicts.every((verdict) => PASSED.has(verdict))) return 'passed';

  const tolerable = verdicts.every(
    (verdict) => PASSED.has(verdict) || verdict === 'NON-STRICT'
  );

  return tolerable && number in TOLERATED ? 'tolerated' : 'failed';
}

/**
 * Prints how many of each category's cases have passed.
 *
 * @param {Run[]} runs The runs
 * @param {Object[]} results Their results
 */
function printTable(runs, results) {
  const row = (title, cells) => {
    console.log(title.padEnd(26) + cells.map((c) => c.padStart(16)).join(''));
  };
  const count = (result, belongs) => {
    const numbers = Object.keys(result).filter(belongs);
    const passed = numbers.filter((n) => judge(n, result[n]) !== 'failed');

    return numbers.length ? `${passed.length} of ${numbers.length}` : '-';
  };

  row(
    '',
    runs.map(({ name }) => name)
  );

  for (const [category, title] of Object.entries(CATEGORIES)) {
    const belongs = (number) => number.startsWith(`${category}.`);

    row(
      `${category}. ${title}`,
      results.map((r) => count(r, belongs))
    );
  }

  row(
    'all',
    results.map((r) => count(r, () => true))
  );
}

/**
 * Prints the cases that are not simply OK.
 *
 * @param {Run[]} runs The runs
 * @param {Object[]} results Their results
 * @return {Number} How many have failed
 */
function printExceptions(runs, results) {
  const lines = new Map();
  let failures = 0;

  runs.forEach(({ name }, i) => {
    for (const [number, result] of Object.entries(results[i])) {
      const { behavior, behaviorClose } = result;
      const verdict = judge(number, result);

      if (behavior === 'OK' && behaviorClose === 'OK') continue;
      if (verdict === 'failed') failures++;

      const reason = verdict === 'tolerated' ? `: ${TOLERATED[number]}` : '';
      const mark = verdict === 'failed' ? 'FAILED ' : '';
      const line = `${mark}${number} ${behavior}, closing ${behaviorClose}${reason}`;

      lines.set(line, [...(lines.get(line) || []), name]);
    }
  });

  for (const [line, names] of lines) {
    console.log(`${line} (${names.join(', ')})`);
  }

  return failures;
}

/**
 * @param {Run[]} runs The runs
 * @param {String} wstest The command that runs the suite
 * @return {Promise<Object[]>} Their results
 */
async function runAll(runs, wstest) {
  const cases = chosenCases();
  const results = [];
  let next = 0;

  // Two at a time: of each, the suite keeps one core busy.
  const work = async () => {
    while (next < runs.length) {
      const i = next++;
      const started = Date.now();

      try {
        results[i] = await runs[i].run(wstest, cases);
      } catch (error) {
        console.error(`${runs[i].name}: ${error.message}`);
        results[i] = {};
        process.exitCode = 1;
      }

      const seconds = Math.round((Date.now() - started) / 1000);

      console.log(`${runs[i].name} took ${seconds} s`);
    }
  };

  await Promise.all([work(), work()]);
  return results;
}

const runs = chosenRuns();
const results = await runAll(runs, setUp());

console.log('');
printTable(runs, results);
console.log('');

const failures = printExceptions(runs, results);

console.log(failures ? `\n${failures} have failed` : '\nNone has failed');
if (failures) process.exitCode = 1;
