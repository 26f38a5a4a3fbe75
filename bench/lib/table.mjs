/**
 * Results as tables: for a terminal and for Markdown.
 */

import { metrics, reaches } from './summary.mjs';

/**
 * Formats a number with three significant digits or more.
 *
 * @param {number} value
 * @return {string}
 */
export function format(value) {
  if (Math.abs(value) >= 10_000) {
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ' ');
  }
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function median(spread) {
  return spread ? format(spread.median) : '';
}

function range(spread) {
  if (!spread) return '';
  const { min, max } = spread;
  return `${format(spread.median)} (${format(min)}–${format(max)})`;
}

function times(ratio) {
  return ratio === null ? '' : ratio.toFixed(2);
}

/**
 * The goal of a scenario in words.
 *
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @return {string}
 */
function goal(scenario) {
  const { unit, isLowerBetter: isLower } = metrics[scenario.metric];
  if (scenario.bound) return `goal: at most ${scenario.bound} ${unit}`;
  if (!scenario.goal) return '';
  return `goal: ${isLower ? 'at most' : 'at least'} × ${times(scenario.goal)}`;
}

function mark(scenario, row) {
  const isReached = reaches(scenario, row);
  if (isReached === null) return '';
  return isReached ? ' ✓' : ' ✗';
}

/** Remarks on a row; `publish.mjs` explains them. */
function flags({ isLoadBound, isDisturbed }) {
  return (isLoadBound ? ' *' : '') + (isDisturbed ? ' ~' : '');
}

/** Columns that stay empty in a scenario are left out of its table. */
function columns(scenario) {
  const { unit } = metrics[scenario.metric];
  const isCompressed = scenario.needs?.includes('deflate');
  return [
    ['', (row, labels) => labels.get(row.peer) + flags(row)],
    [unit, (row) => range(row.value)],
    ['× ws', (row) => times(row.ratio) + mark(scenario, row)],
    ['CPU µs', (row) => median(row.cpu)],
    ['CPU ÷ ws', (row) => times(row.cpuRatio)],
    ['p50 µs', (row) => median(row.p50)],
    ['p99 µs', (row) => median(row.p99)],
    ['p99.9 µs', (row) => median(row.p999)],
    ['wire B', (row) => (isCompressed ? median(row.bytes) : '')],
    ['peak MiB', (row) => median(row.peak)],
    ['', (row) => row.problems[0] ?? '']
  ];
}

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {import('./summary.mjs').Row[]} rows
 * @param {Map<string, string>} labels
 * @return {string[][]} The heading and a line for each row
 */
function cells(scenario, rows, labels) {
  const filled = columns(scenario)
    .map(([name, of]) => [name, ...rows.map((row) => of(row, labels))])
    .filter(([, ...values]) => values.some(Boolean));
  return filled[0].map((_, line) => filled.map((column) => column[line]));
}

/**
 * One scenario for a terminal.
 *
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {import('./summary.mjs').Row[]} rows
 * @param {Map<string, string>} labels
 * @return {string}
 */
export function toText(scenario, rows, labels) {
  const lines = cells(scenario, rows, labels);
  const widths = lines[0].map((_, column) =>
    Math.max(...lines.map((line) => line[column].length))
  );
  const table = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[column])
          : cell.padStart(widths[column])
      )
      .join('  ')
      .trimEnd()
  );
  const title = `${scenario.title}  [${scenario.id}]  ${goal(scenario)}`;
  return [title.trimEnd(), ...table.map((line) => `  ${line}`)].join('\n');
}

/**
 * One scenario in Markdown.
 *
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {import('./summary.mjs').Row[]} rows
 * @param {Map<string, string>} labels
 * @return {string}
 */
export function toMarkdown(scenario, rows, labels) {
  const [heading, ...lines] = cells(scenario, rows, labels);
  const rule = heading.map((_, column) => (column === 0 ? '---' : '---:'));
  const table = [heading, rule, ...lines].map(
    (line) => `| ${line.join(' | ')} |`
  );
  const name = scenario.title[0].toUpperCase() + scenario.title.slice(1);
  return [`### ${name}`, '', goal(scenario), '', ...table, ''].join('\n');
}
