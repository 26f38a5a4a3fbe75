/**
 * The course of a run as an SVG plot.
 */

import { drawing, escape } from '../../bench/lib/svg.mjs';

const WIDTH = 760;
const LEFT = 64;
const RIGHT = 130;
const HEIGHT = 150;
const GAP = 56;
const TOP = 44;

const COLORS = ['#d9480f', '#1c7ed6', '#868e96'];

/** What is drawn, one below the other. */
const PANELS = [
  {
    title: 'Memory (RSS) in MiB',
    lines: {
      server: ({ server }) => server.rss / (1 << 20),
      clients: ({ load }) => load.rss / (1 << 20)
    }
  },
  {
    title: 'Round trip in milliseconds',
    lines: {
      p99: ({ load }) => load.p99,
      p50: ({ load }) => load.p50
    }
  },
  {
    title: 'Event loop delay in milliseconds, p99',
    lines: {
      server: ({ server }) => server.delayP99,
      clients: ({ load }) => load.delayP99
    }
  },
  {
    title: 'Open connections',
    lines: { connections: ({ load }) => load.open }
  }
];

/** A round number near a quarter of the largest value. */
function stepFor(most) {
  const rough = most / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));

  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
}

function grid(top, most, toY) {
  const step = stepFor(most);
  const parts = [];

  for (let value = 0; value <= most; value += step) {
    const y = toY(value).toFixed(1);
    const label = Number(value.toPrecision(6));

    parts.push(
      `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/>`,
      `<text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${label}</text>`
    );
  }
  return parts;
}

function panel({ title, lines }, samples, top) {
  const series = Object.entries(lines).map(([name, of]) => ({
    name,
    values: samples.map(of)
  }));
  const most = 1.05 * Math.max(...series.flatMap(({ values }) => values));
  const last = samples[samples.length - 1].minute;
  const toX = (minute) => LEFT + (minute / last) * (WIDTH - LEFT - RIGHT);
  const toY = (value) => top + HEIGHT - (value / (most || 1)) * HEIGHT;
  const parts = [
    `<text class="title" x="8" y="${top - 12}">${escape(title)}</text>`,
    ...grid(top, most, toY)
  ];

  series.forEach(({ name, values }, i) => {
    const points = values
      .map((value, at) => ({ x: toX(samples[at].minute), value }))
      .filter(({ value }) => value !== null)
      .map(({ x, value }) => `${x.toFixed(1)},${toY(value).toFixed(1)}`);

    parts.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${COLORS[i]}" stroke-width="1.5"/>`,
      `<rect x="${WIDTH - RIGHT + 12}" y="${top + 18 * i}" width="10" height="10" fill="${COLORS[i]}"/>`,
      `<text x="${WIDTH - RIGHT + 28}" y="${top + 18 * i + 9}">${escape(name)}</text>`
    );
  });
  return parts;
}

function timeAxis(samples, y) {
  const last = samples[samples.length - 1].minute;
  const step = stepFor(last);
  const parts = [];

  for (let minute = 0; minute <= last; minute += step) {
    const x = LEFT + (minute / last) * (WIDTH - LEFT - RIGHT);
    const label = Number(minute.toPrecision(3));

    parts.push(
      `<text x="${x.toFixed(1)}" y="${y}" text-anchor="middle">${label} min</text>`
    );
  }
  return parts;
}

/**
 * Draws a run.
 *
 * @param {Object[]} samples What was seen, each with the `minute`
 * @param {string} title What it is
 * @return {string} The SVG
 */
export function toPlot(samples, title) {
  const parts = [`<text class="title" x="8" y="18">${escape(title)}</text>`];
  let top = TOP + 20;

  for (const entry of PANELS) {
    parts.push(...panel(entry, samples, top));
    top += HEIGHT + GAP;
  }

  const bottom = top - GAP + 20;

  parts.push(...timeAxis(samples, bottom));
  return drawing(WIDTH, bottom + 12, title, parts);
}
