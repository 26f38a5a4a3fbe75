/**
 * Runs the suites of programs that depend on ws twice, with ws and with oxws in
 * its place, and prints a Markdown table of what passed.
 *
 * Usage: `npm run test:dependents -- DIRECTORY [NAME…]`. DIRECTORY holds a
 * checkout of every program of the table (or of those named), each in a directory
 * with the program's name, ready to run its tests: dependencies installed and,
 * where the program has a compilation step, compiled. Programs without a checkout
 * are left out. What failed with oxws only is listed below the table, and makes
 * the exit code 1.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { DEPENDENTS } from './dependents-table.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMPLEMENTATIONS = {
  ws: path.join(ROOT, 'node_modules', 'ws'),
  oxws: ROOT
};

/** What a program needs of a package that is built in its checkout. */
const PARTS = ['package.json', 'index.js', 'wrapper.mjs', 'browser.js', 'lib'];

/** Longest time that one run of a suite may take, in milliseconds. */
const SUITE_TIMEOUT = 300_000;

/** Where an installed copy waits while another package is in its place. */
const aside = (copy) => path.join(path.dirname(copy), '.ws-set-aside');

/**
 * @param {String} directory Where to look
 * @return {Generator<String>} The paths of the copies of ws 8 that are installed
 *     there, wherever the package manager put them
 */
function* installedCopies(directory) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);

    if (!entry.isDirectory()) continue;

    if (entry.name !== 'ws' || path.basename(directory) !== 'node_modules') {
      yield* installedCopies(file);
      continue;
    }

    const { version } = JSON.parse(
      fs.readFileSync(path.join(file, 'package.json'), 'utf8')
    );

    if (version.startsWith('8.') || fs.existsSync(aside(file))) yield file;
  }
}

/**
 * Calls a function while other packages are in the place of installed ones.
 *
 * @param {String[]} copies Directories to replace
 * @param {String} replacement Directory of the package to put there
 * @param {Function} fn The function
 * @return {*} What the function returned
 */
function withReplacement(copies, replacement, fn) {
  for (const copy of copies) {
    // It exists if a former run was interrupted.
    if (!fs.existsSync(aside(copy))) fs.renameSync(copy, aside(copy));
    fs.rmSync(copy, { force: true, recursive: true });

    // Not a link: bundlers treat what lies outside node_modules as sources.
    for (const part of PARTS) {
      fs.cpSync(path.join(replacement, part), path.join(copy, part), {
        recursive: true
      });
    }
  }

  try {
    return fn();
  } finally {
    for (const copy of copies) {
      fs.rmSync(copy, { recursive: true });
      fs.renameSync(aside(copy), copy);
    }
  }
}

/**
 * @param {String} xml A report in JUnit's format
 * @return {{ passed: Number, failed: String[] }} How many tests passed, and the
 *     names of those that failed
 */
function readReport(xml) {
  const result = { passed: 0, failed: [] };
  const cases = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

  for (const [, attributes, content = ''] of xml.matchAll(cases)) {
    const attribute = (key) =>
      new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? '';

    if (/<(failure|error)\b/.test(content)) {
      result.failed.push(`${attribute('classname')} ${attribute('name')}`);
    } else if (!/<skipped\b/.test(content)) {
      result.passed++;
    }
  }

  return result;
}

/**
 * Runs the suite of a program with what is installed now.
 *
 * @param {Object} dependent Row of the table
 * @param {String} directory The program's directory
 * @return {{ passed: Number, failed: String[] }}
 */
function runSuite(dependent, directory) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-dependents-'));
  const report = path.join(scratch, 'report.xml');
  const [command, ...args] = dependent.command(report);

  try {
    const { error } = spawnSync(command, args, {
      cwd: path.join(directory, dependent.folder ?? '.'),
      env: { ...process.env, ...dependent.env },
      stdio: 'ignore',
      timeout: SUITE_TIMEOUT
    });

    if (error) throw error;
    if (!fs.existsSync(report)) {
      throw new Error(`${dependent.name}: its tests cannot be run`);
    }

    return readReport(fs.readFileSync(report, 'utf8'));
  } finally {
    fs.rmSync(scratch, { force: true, recursive: true });
  }
}

/**
 * @param {Object} dependent Row of the table
 * @param {String} directory The program's directory
 * @return {String[]} The names of the tests that failed with oxws only
 */
function compare(dependent, directory) {
  const copies = [...installedCopies(directory)];

  if (copies.length === 0) throw new Error(`No ws 8 in ${directory}`);

  const [ws, oxws] = Object.values(IMPLEMENTATIONS).map((implementation) =>
    withReplacement(copies, implementation, () =>
      runSuite(dependent, directory)
    )
  );
  const counts = [ws, oxws].map((it) => `${it.passed} / ${it.failed.length}`);

  console.log(
    `| ${dependent.name} | ${dependent.at} | ${counts.join(' | ')} |`
  );
  return oxws.failed.filter((name) => !ws.failed.includes(name));
}

const [base, ...names] = process.argv.slice(2);

if (base === undefined) {
  console.error('Usage: npm run test:dependents -- DIRECTORY [NAME…]');
  process.exit(2);
}

console.log('| program | at | ws: passed / failed | oxws: passed / failed |');
console.log('| --- | --- | --- | --- |');

const differences = [];

for (const dependent of DEPENDENTS) {
  const directory = path.resolve(base, dependent.checkout ?? dependent.name);

  if (names.length > 0 && !names.includes(dependent.name)) continue;
  if (!fs.existsSync(directory)) continue;

  for (const test of compare(dependent, directory)) {
    differences.push(`- ${dependent.name}: ${test}`);
  }
}

if (differences.length > 0) {
  console.log(`\nFailed with oxws only:\n\n${differences.join('\n')}`);
  process.exitCode = 1;
}
