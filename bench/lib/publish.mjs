/**
 * Writes results to docs/benchmarks: Markdown, JSON and a chart.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toChart } from './chart.mjs';
import { toMarkdown } from './table.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/benchmarks', import.meta.url));

const NOTES = `Each run has a fresh server process. Unless a row says otherwise, the process
under test has one core and the load generator another, over 127.0.0.1. Numbers
are medians, with the lowest and highest run in brackets; runs are interleaved.
*CPU* is user and system time of the whole process under test, per message;
*CPU ÷ ws* is how many times less that is than with ws. *× ws* compares with ws
that has bufferutil installed. Peers marked * were faster than the load
generator: their number is a lower bound. In rows marked ~ other processes used
more than a tenth of a core. \`bench/README.md\` says how to repeat this.`;

/** Levels of the report that get lines of their own: down to a peer's runs. */
const JSON_LEVELS = 4;

function list(facts) {
  return Object.entries(facts)
    .map(([name, value]) => `* ${name}: ${value}`)
    .join('\n');
}

/** JSON with line breaks in the outer levels only, so that a diff can be read. */
function toJson(value, levels = JSON_LEVELS, indent = '') {
  if (levels === 0 || Object(value) !== value) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isArray = Array.isArray(value);
  const lines = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => {
      const name = isArray ? '' : `${JSON.stringify(key)}: `;
      return `${inner}${name}${toJson(part, levels - 1, inner)}`;
    });
  const [open, close] = isArray ? '[]' : '{}';
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function document(report, labels) {
  const { machine, versions, skipped, timing, results } = report;
  const named = (facts) =>
    Object.fromEntries(
      Object.entries(facts).map(([id, fact]) => [labels.get(id), fact])
    );
  const left = Object.keys(skipped).length
    ? `\n## Not measured\n\n${list(named(skipped))}\n`
    : '';
  const tables = results.map(({ scenario, rows }) =>
    toMarkdown(scenario, rows, labels)
  );
  return `# Benchmark results

Written by \`npm run bench\`; edit nothing here.

![Messages a second compared with ws](chart.svg)

${NOTES}

${timing.rounds} rounds of ${timing.duration / 1000} s after ${timing.warmup / 1000} s of warm-up.

## Machine

${list(machine)}

## Versions

${list(named(versions))}
${left}
## Results

${tables.join('\n')}`;
}

/**
 * @param {Object} report
 * @param {Object<string, string>} report.machine
 * @param {Object<string, string>} report.versions Version of each peer
 * @param {Object<string, string>} report.skipped Why a peer was not measured
 * @param {{warmup: number, duration: number, rounds: number}} report.timing
 * @param {{scenario: import('./scenarios.mjs').Scenario,
 *     rows: import('./summary.mjs').Row[]}[]} report.results
 * @param {Map<string, string>} labels
 * @return {string} The folder written to
 */
export function publish(report, labels) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'README.md'), document(report, labels));
  writeFileSync(join(FOLDER, 'results.json'), `${toJson(report)}\n`);
  writeFileSync(join(FOLDER, 'chart.svg'), toChart(report.results, labels));
  return FOLDER;
}
