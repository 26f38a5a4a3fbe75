/**
 * Runs the tests with every version of Node.js that is supported, and a shorter
 * program with Bun and Deno, and prints the table of the README.
 *
 * `--only=18,bun` restricts it. The runtimes are installed from npm into
 * node_modules/.cache.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'matrix');
const program = join('scripts', 'matrix', 'program.js');

const NODE_VERSIONS = ['18', '20', '22', '24', '26'];

/** Most failures that are named in a row of the table. */
const NAMED = 3;

const { values: options } = parseArgs({
  options: { only: { type: 'string' } }
});

/**
 * Installs a runtime from npm.
 *
 * @param {String} name The package
 * @param {String} version What version, as npm understands it
 * @return {String} The path of its executable
 */
function install(name, version) {
  const directory = join(cache, `${name}-${version}`);
  const executable = join(directory, 'node_modules', '.bin', name);

  if (!existsSync(executable)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{}');
    execFileSync('npm', ['install', `${name}@${version}`], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit']
    });
  }

  return executable;
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
    maxBuffer: 1 << 28
  });

  if (error) throw error;
  return stdout + stderr;
}

/** @return {String[]} The lines that name what has failed */
function failures(output) {
  return [...output.matchAll(/^ *not ok (?:\d+ - )?(.*)$/gm)]
    .map(([, name]) => name)
    .filter((name) => !name.includes('.test.js'));
}

/**
 * Runs all tests.
 *
 * @param {String} version The major version of Node.js
 * @return {Object} A row of the table
 */
function testNode(version) {
  const node = install('node', version);
  const files = readdirSync(join(root, '__test__'))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join('__test__', name));
  const output = run(node, ['--test', '--test-reporter=tap', ...files]);
  const total = (name) =>
    Number(output.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))[1]);

  return {
    runtime: `Node.js ${run(node, ['--version']).trim().slice(1)}`,
    what: 'all tests',
    tests: total('tests'),
    passed: total('pass'),
    failed: failures(output)
  };
}

/**
 * Runs the program for runtimes that have not all of Node.js's test runner.
 *
 * @param {String} name The package of the runtime
 * @param {String[]} args How it runs a file
 * @return {Object} A row of the table
 */
function testOther(name, args) {
  const runtime = install(name, 'latest');
  const output = run(runtime, [...args, program]);
  const [version] = run(runtime, ['--version']).match(/\d+(\.\d+)+/);
  const passed = output.match(/^ok .*$/gm) || [];
  const failed = failures(output);

  return {
    runtime: `${name[0].toUpperCase()}${name.slice(1)} ${version}`,
    what: 'the program',
    tests: passed.length + failed.length,
    passed: passed.length,
    failed
  };
}

function printTable(rows) {
  console.log('| runtime | what runs | tests | passed | failed |');
  console.log('| --- | --- | --- | --- | --- |');

  for (const { runtime, what, tests, passed, failed } of rows) {
    const names = failed.slice(0, NAMED).join('; ');
    const rest = failed.length > NAMED ? '; …' : '';
    const cell = failed.length ? `${failed.length}: ${names}${rest}` : '0';

    console.log(`| ${runtime} | ${what} | ${tests} | ${passed} | ${cell} |`);
  }
}

const runs = {
  ...Object.fromEntries(
    NODE_VERSIONS.map((version) => [version, () => testNode(version)])
  ),
  bun: () => testOther('bun', []),
  deno: () => testOther('deno', ['run', '--allow-all'])
};
const chosen = options.only ? options.only.split(',') : Object.keys(runs);
const rows = chosen.map((name) => {
  console.error(`Running the tests with ${name} …`);
  return runs[name]();
});

printTable(rows);
process.exitCode = rows.some(({ failed }) => failed.length) ? 1 : 0;
