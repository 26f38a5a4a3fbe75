/**
 * The table of runtimes, for a terminal and in the README.
 */

import { readFileSync, writeFileSync } from 'node:fs';

/** Most failures that are named in a row. */
const NAMED = 3;

const HEAD = ['runtime', 'what runs', 'passed', 'failed'];

const LAST = 1000;

/** The table's place in the README. */
const TABLE = /^\| runtime .*(?:\n\|.*)*/m;

/**
 * @param {Object[]} rows What has run
 * @return {String[][]} The cells of the rows
 */
export function toCells(rows) {
  return rows.map(({ runtime, what, passed, failed, names }) => {
    const some = names.slice(0, NAMED).join('; ');

    return [runtime, what, `${passed}`, failed ? `${failed}: ${some}` : '0'];
  });
}

/**
 * @param {String[][]} cells The cells of the rows
 * @return {String} A Markdown table
 */
export function toTable(cells) {
  const widths = HEAD.map((title, i) =>
    Math.max(title.length, ...cells.map((row) => row[i].length))
  );
  const line = (row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));

  return [line(HEAD), rule, ...cells.map(line)].join('\n');
}

/** What a row is about, whatever the version. */
function kindOf([runtime]) {
  return runtime.replace(/(\d+)(\.\d+)+/g, runtime.includes(',') ? '' : '$1');
}

/**
 * Replaces rows of the README's table by newer ones.
 *
 * @param {URL} readme The README
 * @param {String[][]} cells The cells of the new rows
 */
export function writeTable(readme, cells) {
  const text = readFileSync(readme, 'utf8');
  const [table] = TABLE.exec(text);
  const rows = new Map(cells.map((row) => [kindOf(row), row]));

  for (const line of table.split('\n').slice(2)) {
    const row = line.split('|').slice(1, -1);
    const old = row.map((cell) => cell.trim());

    if (!rows.has(kindOf(old))) rows.set(kindOf(old), old);
  }

  const sorted = [...rows.values()].sort(([a], [b]) => rank(a) - rank(b));

  writeFileSync(readme, text.replace(TABLE, toTable(sorted)));
}

/** Node.js comes first, its oldest version ahead; then bundles and the others. */
function rank(runtime) {
  const [, major] = /^Node\.js (\d+)/.exec(runtime) ?? [];

  if (major === undefined) return LAST;
  return runtime.includes(',') ? LAST - 1 : Number(major);
}
