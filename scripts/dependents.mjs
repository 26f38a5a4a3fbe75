/**
 * Runs the suites of programs that depend on ws twice, with ws and with oxws in
 * its place, and prints a Markdown table of what passed.
 *
 * Usage: `npm run test:dependents -- [--directory DIRECTORY] [NAME…]`. DIRECTORY
 * (node_modules/.cache/dependents) holds a checkout of every program of the table
 * (or of those named). Those that are not there are made, from GitHub and npm; a
 * program for which that fails is left out. What was left out and what failed
 * with oxws only is listed below the table, and makes the exit code 1.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { setUp } from './dependents-checkouts.mjs';
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

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: {
    directory: {
      type: 'string',
      default: path.join(ROOT, 'node_modules', '.cache', 'dependents')
    }
  }
});
const base = path.resolve(values.directory);
const wrong = [];

/** Writes a row of the table. */
function test(dependent) {
  const { checkout, name } = dependent;

  try {
    for (const failed of compare(dependent, setUp(base, checkout ?? name))) {
      wrong.push(`- ${name}, failed with oxws only: ${failed}`);
    }
  } catch (error) {
    wrong.push(`- ${name}, left out: ${error.message}`);
  }
}

console.log('| program | at | ws: passed / failed | oxws: passed / failed |');
console.log('| --- | --- | --- | --- |');

for (const dependent of DEPENDENTS) {
  if (names.length === 0 || names.includes(dependent.name)) test(dependent);
}

if (wrong.length > 0) {
  console.log(`\n${wrong.join('\n')}`);
  process.exitCode = 1;
}
