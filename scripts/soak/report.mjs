/**
 * Tells the outcome of a run.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describeMachine } from '../../bench/lib/machine.mjs';
import { toPlot } from './plot.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/soak', import.meta.url));

function mark({ holds }) {
  return holds === undefined ? '' : holds ? '✓' : '✗';
}

/**
 * @param {Object[]} rows The lines of the table
 * @return {string} The table for a terminal
 */
export function toText(rows) {
  const width = (of) => Math.max(...rows.map((row) => of(row).length));
  const titles = width(({ title }) => title);
  const values = width(({ value }) => value);

  return rows
    .map((row) => {
      const { title, value, rule = '' } = row;

      return `${title.padEnd(titles)}  ${value.padStart(values)}  ${mark(row)} ${rule}`.trimEnd();
    })
    .join('\n');
}

function toMarkdown(rows) {
  const lines = rows.map((row) => {
    const { title, value, rule = '' } = row;

    return `| ${title} | ${value} | ${rule} ${mark(row)} |`;
  });

  return ['| | | rule |', '| --- | ---: | --- |', ...lines].join('\n');
}

function describeRun(options) {
  const { minutes, connections, rate, broadcasts, churn, stream } = options;

  return (
    `${connections} connections (${churn} a second replaced), ` +
    `${rate} echoes and ${broadcasts} broadcasts a second, ${minutes} minutes, ` +
    (stream ? 'stream transport' : 'lanes')
  );
}

/**
 * Writes plot and figures to docs/soak.
 *
 * @param {Object} options The options of the run
 * @param {Object[]} samples What was seen
 * @param {Object[]} rows The lines of the table
 */
export function write(options, samples, rows) {
  const title = describeRun(options);
  const machine = Object.entries(describeMachine())
    .map(([name, value]) => `* ${name}: ${value}`)
    .join('\n');
  const page = `# Soak test

Written by \`npm run soak -- --write\`; edit nothing here.

${[`${title}.`, options.note].join(' ').trim()}

![Memory, round trips, event loop delay and connections over time](soak.svg)

A server and its clients are a process each, both of them oxws. Of a thousand
connections, 897 send messages of up to a mebibyte and compare what comes back,
100 get the broadcasts, two get 64 KiB ten times a second and rest for a second after
each twelve of them, and one never reads until \`maxBackpressure\` ends it. One in five
offers compression. Those that are replaced are closed with \`close()\` or
\`terminate()\`, by chance. The first quarter of the time counts as warm-up.

Memory goes on growing slowly behind that until what is kept for later is full: at
most 32 MiB for large messages and 8 MiB a thread for what is sent. Large messages are
rare here, so that takes long; V8's heap and the allocator's holes come on top. Without
these stores the allocator had as much in use after 220 000 messages on 11 000
connections as after the first 40 000.

${toMarkdown(rows)}

## Machine

${machine}
`;

  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'README.md'), page);
  writeFileSync(join(FOLDER, 'soak.svg'), toPlot(samples, title));
}
