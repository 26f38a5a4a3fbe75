/**
 * Runs the fuzz targets one after the other and prints what they did; see
 * fuzz/README.md.
 *
 * Usage: npm run fuzz -- [--seconds 60] [target...]. Fails if a target crashes; the
 * input is left in fuzz/artifacts.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = fileURLToPath(new URL('../fuzz', import.meta.url));
// Sanitizers and coverage are for nightly toolchains, but the stable one has them.
const env = { ...process.env, RUSTC_BOOTSTRAP: '1' };
const MAX_INPUT_BYTES = 4096;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' } }
});

/**
 * @return {String[]} The names of all targets
 */
function allTargets() {
  return readdirSync(`${folder}/fuzz_targets`).map((name) =>
    name.replace('.rs', '')
  );
}

/**
 * Runs cargo-fuzz.
 *
 * @param {String[]} args Its arguments
 * @return {Object} How it ended and what it wrote to standard error
 */
function cargoFuzz(args) {
  const stdio = ['ignore', 'inherit', 'pipe'];
  const options = { cwd: folder, encoding: 'utf8', env, stdio };

  return spawnSync('cargo', ['fuzz', ...args], {
    ...options,
    maxBuffer: Infinity
  });
}

/**
 * Installs cargo-fuzz unless it is there.
 */
function setUp() {
  if (cargoFuzz(['--version']).status === 0) return;

  const { status } = spawnSync('cargo', ['install', '--locked', 'cargo-fuzz'], {
    stdio: 'inherit'
  });

  if (status !== 0) process.exit(1);
}

/**
 * Runs a target.
 *
 * @param {String} target Its name
 * @return {Object} A row of the table that is printed at the end
 */
function run(target) {
  const corpus = `corpus/${target}`;

  mkdirSync(`${folder}/${corpus}`, { recursive: true });

  const { status, stderr } = cargoFuzz([
    'run',
    target,
    corpus,
    `seeds/${target}`,
    '--',
    `-max_len=${MAX_INPUT_BYTES}`,
    `-max_total_time=${values.seconds}`,
    '-print_final_stats=1',
    '-verbosity=0'
  ]);
  const [, executions] = /number_of_executed_units: (\d+)/.exec(stderr) ?? [];

  if (status !== 0) console.error(stderr);

  return {
    target,
    executions: Number(executions ?? 0),
    inputs: readdirSync(`${folder}/${corpus}`).length,
    result: status === 0 ? 'passed' : 'FAILED'
  };
}

setUp();

const rows = (positionals.length > 0 ? positionals : allTargets()).map(run);

console.table(rows);
if (rows.some(({ result }) => result !== 'passed')) process.exitCode = 1;
