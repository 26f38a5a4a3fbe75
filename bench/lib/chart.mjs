/**
 * The ratios to ws as an SVG chart that works on light and dark pages.
 */

import { BASE } from './summary.mjs';
import { drawing, escape } from './svg.mjs';

/** Scenarios and peers that the chart shows, if they were measured. */
const SCENARIOS = [
  'echo-32-64x1',
  'echo-32-64x16',
  'echo-1k-64x16',
  'echo-16k-64x1',
  'echo-1m-64x1',
  'broadcast-32-x8',
  'client-32-64x16',
  'deflate-1k-takeover'
];
const PEERS = ['oxws', 'uws', 'bun', 'ws-corked', BASE];

const COLORS = {
  oxws: '#d9480f',
  uws: '#1c7ed6',
  bun: '#7048e8',
  'ws-corked': '#868e96',
  ws: '#adb5bd'
};

const WIDTH = 760;
const LEFT = 150;
const RIGHT = 60;
const BAR = 14;
const GAP = 26;

/** A bar and its two texts. Each scenario has a scale of its own. */
function bar(row, y, scale, label) {
  const width = Math.max(1, row.ratio * scale);
  return [
    `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escape(label)}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" rx="2" fill="${COLORS[row.peer]}"/>`,
    `<text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 11}">× ${row.ratio.toFixed(1)}</text>`
  ];
}

function group({ scenario, rows }, top, labels) {
  const shown = PEERS.map((id) => rows.find((row) => row.peer === id)).filter(
    (row) => row && row.ratio !== null
  );
  const most = Math.max(...shown.map((row) => row.ratio));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const bars = shown.flatMap((row, index) =>
    bar(row, top + 8 + index * BAR, scale, labels.get(row.peer))
  );
  const bottom = top + 8 + shown.length * BAR;
  return {
    bottom,
    parts: [
      `<text class="title" x="8" y="${top}">${escape(scenario.title)}</text>`,
      ...bars,
      `<path class="axis" d="M${LEFT} ${top + 6}V${bottom}"/>`
    ]
  };
}

/**
 * @param {{scenario: import('./scenarios.mjs').Scenario,
 *     rows: import('./summary.mjs').Row[]}[]} results
 * @param {Map<string, string>} labels
 * @return {string}
 */
export function toChart(results, labels) {
  const parts = [];
  let y = 44;
  for (const id of SCENARIOS) {
    const result = results.find(({ scenario }) => scenario.id === id);
    if (!result) continue;
    const drawn = group(result, y, labels);
    parts.push(...drawn.parts);
    y = drawn.bottom + GAP;
  }
  return drawing(WIDTH, y, 'Messages a second compared with ws', [
    '<text class="title" x="8" y="18">Messages a second, times ws with bufferutil</text>',
    ...parts
  ]);
}
