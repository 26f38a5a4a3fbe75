/**
 * Runs the tests with every version of Node.js that is supported, and a shorter
 * program with Bun, with Deno and in a bundle. Prints the table of the README.
 *
 * `--only=18,bun` restricts it, `--write` updates the README. The runtimes are installed from npm into
 * node_modules/.cache.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import platform from '../lib/platform.js';
import { toCells, toTable, writeTable } from './matrix/table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'matrix');
const program = join(root, 'scripts', 'matrix', 'program.js');

const NODE_VERSIONS = ['18', '20', '22', '24', '26'];

/** Milliseconds that a run of all tests may take. */
const LIMIT = 15 * 60 * 1000;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'boolean', default: false }
  }
});

/**
 * Installs the newest release of a package.
 *
 * @param {String} name The package
 * @param {String} [version='latest'] What version, as npm understands it
 * @return {String} The folder it is installed in
 */
function install(name, version = 'latest') {
  const directory = join(cache, `${name}-${version}`);

  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}');
  execFileSync('npm', ['install', `${name}@${version}`], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit']
  });
  return directory;
}

/** @return {String} The executable of a package that was just installed */
function installRuntime(name, version) {
  return join(install(name, version), 'node_modules', '.bin', name);
}

/**
 * Runs a command in the repository.
 *
 * @param {String} executable The runtime
 * @param {String[]} args Its arguments
 * @return {String} What it printed
 */
function run(executable, args) {
  const { error, stderr, stdout } = spawnSync(executable, args, {
    cwd: root,
    encoding: 'utf8',
    // The tests start further processes, and npm.
    env: {
      ...process.env,
      PATH: dirname(executable) + delimiter + process.env.PATH
    },
    maxBuffer: 1 << 28,
    timeout: LIMIT
  });

  if (error) throw error;
  return stdout + stderr;
}

/**
 * Runs all tests.
 *
 * @param {String} version The major version of Node.js
 * @return {Object} A row of the table
 */
function testNode(version) {
  const node = installRuntime('node', version);
  const files = readdirSync(join(root, '__test__'))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join('__test__', name));
  const output = run(node, ['--test', '--test-reporter=tap', ...files]);
  const total = (name) =>
    Number(output.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))[1]);

  return {
    runtime: `Node.js ${run(node, ['--version']).trim().slice(1)}`,
    what: 'all tests',
    passed: total('pass'),
    failed: total('fail') + total('cancelled'),
    names: failedTests(output)
  };
}

/**
 * @param {String} output What the test runner printed
 * @return {String[]} The names of the tests that have failed; those of files if
 *     none has in them
 */
function failedTests(output) {
  const lines =
    output.match(/^ +not ok \d+ - .*$/gm) ||
    output.match(/^not ok \d+ - .*$/gm) ||
    [];

  return lines.map((line) => line.replace(/^ *not ok \d+ - /, ''));
}

/**
 * Runs the program for runtimes that have not all of Node.js's test runner.
 *
 * @param {String} runtime What the row is about
 * @param {String} executable The runtime
 * @param {String[]} args How it runs the program
 * @return {Object} A row of the table
 */
function testProgram(runtime, executable, args) {
  const output = run(executable, args);
  const names = (mark) =>
    [...output.matchAll(new RegExp(`^${mark} (.*)$`, 'gm'))].map(
      ([, name]) => name
    );
  const [, checks] = output.match(/^checks: (\d+)$/m);
  const passed = names('ok').length;

  // If it died, what was not tried has failed, too.
  return {
    runtime,
    what: 'the program',
    passed,
    failed: checks - passed,
    names: names('not ok')
  };
}

function testOther(name, title, args) {
  const executable = installRuntime(name);
  const [version] = run(executable, ['--version']).match(/\d+(\.\d+)+/);

  return testProgram(`${title} ${version}`, executable, [...args, program]);
}

/** Runs the program in a bundle of webpack's, with the addon beside it. */
async function testWebpack() {
  const directory = install('webpack');
  const manifest = join(directory, 'node_modules', 'webpack', 'package.json');
  const webpack = createRequire(manifest)('webpack');
  const addon = `oxws.${platform.platformName()}.node`;
  const output = { filename: 'bundle.cjs', path: join(directory, 'bundle') };
  const stats = await promisify(webpack)({
    entry: program,
    mode: 'production',
    output,
    target: 'node'
  });

  if (stats.hasErrors() || stats.hasWarnings()) {
    throw new Error(stats.toString('errors-warnings'));
  }

  copyFileSync(join(root, 'lib', addon), join(output.path, addon));

  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));

  return testProgram(
    `Node.js ${process.versions.node}, bundle of webpack ${version}`,
    process.execPath,
    [join(output.path, output.filename)]
  );
}

const runs = {
  ...Object.fromEntries(
    NODE_VERSIONS.map((version) => [version, () => testNode(version)])
  ),
  webpack: testWebpack,
  bun: () => testOther('bun', 'Bun', []),
  deno: () => testOther('deno', 'Deno', ['run', '--allow-all'])
};
const rows = [];

for (const name of options.only ? options.only.split(',') : Object.keys(runs)) {
  console.error(`Running the tests with ${name} …`);
  rows.push(await runs[name]());
}

const cells = toCells(rows);

console.log(toTable(cells));
if (options.write) writeTable(new URL('../README.md', import.meta.url), cells);
process.exitCode = rows.some(({ failed }) => failed) ? 1 : 0;
