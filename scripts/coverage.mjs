/**
 * Prints which lines of the Rust parts the Rust tests reach, and fails if it is too
 * few of the protocol engine's.
 *
 * Needs `llvm-profdata` and `llvm-cov` of the version that the compiler is made
 * with: from rustup (`rustup component add llvm-tools`) or from a package like
 * Debian's `llvm-22`.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'target/coverage');
const profiles = join(target, 'profiles');
const merged = join(target, 'merged.profdata');

/** Lines of a folder that have to be reached, in percent. */
const REQUIRED = { 'src/proto': 95 };

/**
 * Runs a program.
 *
 * @param {String} program Its name
 * @param {...String} args Its arguments
 * @return {String} What it has printed
 */
function run(program, ...args) {
  const { error, status, stdout } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      CARGO_TARGET_DIR: target,
      LLVM_PROFILE_FILE: join(profiles, '%p-%m.profraw'),
      RUSTFLAGS: '-Cinstrument-coverage'
    },
    maxBuffer: Infinity,
    stdio: ['ignore', 'pipe', 'inherit']
  });

  if (error) throw error;
  if (status !== 0) {
    console.error(stdout);
    process.exit(1);
  }
  return stdout;
}

/**
 * @param {String} name The name of a tool of LLVM
 * @return {String} Where it is, in the version that fits
 */
function findTool(name) {
  const version = run('rustc', '-vV');
  const [, host] = /^host: (.*)$/m.exec(version);
  const [, major] = /^LLVM version: (\d+)/m.exec(version);
  const sysroot = run('rustc', '--print', 'sysroot').trim();
  const ofRustup = join(sysroot, 'lib/rustlib', host, 'bin', name);

  return existsSync(ofRustup) ? ofRustup : `${name}-${major}`;
}

/**
 * Runs the tests.
 *
 * @return {String[]} Their programs
 */
function test() {
  rmSync(profiles, { force: true, recursive: true });
  mkdirSync(profiles, { recursive: true });
  const output = run(
    'cargo',
    'test',
    '--no-default-features',
    '--tests',
    '--message-format=json-render-diagnostics'
  );

  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).executable)
    .filter((executable) => executable);
}

/**
 * @param {String[]} programs The programs of the tests
 * @return {Object[]} What was reached of each source file
 */
function measure([first, ...others]) {
  const inputs = readdirSync(profiles).map((name) => join(profiles, name));

  run(findTool('llvm-profdata'), 'merge', '-o', merged, ...inputs);

  const report = run(
    findTool('llvm-cov'),
    'export',
    '--summary-only',
    `--instr-profile=${merged}`,
    first,
    ...others.flatMap((program) => ['--object', program]),
    '--sources',
    join(root, 'src')
  );

  return JSON.parse(report).data[0].files.map(({ filename, summary }) => ({
    file: filename.slice(root.length),
    reached: summary.lines.covered,
    lines: summary.lines.count
  }));
}

/**
 * @param {String} file What the row is about
 * @param {Object[]} rows What it adds up
 * @return {Object} A row of the table
 */
function sum(file, rows) {
  const add = (key) => rows.reduce((total, row) => total + row[key], 0);
  const [reached, lines] = [add('reached'), add('lines')];

  return {
    file,
    reached,
    lines,
    percent: ((reached / lines) * 100).toFixed(1)
  };
}

const files = measure(test());
const folders = Object.keys(REQUIRED).map((folder) =>
  sum(
    folder,
    files.filter(({ file }) => file.startsWith(folder))
  )
);

console.table([...files.map((row) => sum(row.file, [row])), ...folders]);

for (const { file, percent } of folders) {
  if (percent < REQUIRED[file]) {
    console.error(`${file}: ${percent} %, and not ${REQUIRED[file]} %`);
    process.exitCode = 1;
  }
}
