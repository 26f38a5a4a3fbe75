/**
 * From runs to numbers: medians, ranges, ratios.
 */

/** The peer that ratios refer to. */
export const BASE = 'ws';

const MIB = 1024 * 1024;

/**
 * How a scenario's metric is read from a result, and shown.
 *
 * @type {Object<string, {of: Function, unit: string, isLowerBetter: boolean}>}
 */
export const metrics = {
  rate: { of: (run) => run.per_second, unit: '/s', isLowerBetter: false },
  p50: { of: (run) => run.latency_us.p50, unit: 'µs', isLowerBetter: true },
  p99: { of: (run) => run.latency_us.p99, unit: 'µs', isLowerBetter: true },
  p999: { of: (run) => run.latency_us.p999, unit: 'µs', isLowerBetter: true },
  perConnection: {
    of: (run) => run.bytes_per_connection / 1024,
    unit: 'KiB',
    isLowerBetter: true
  },
  growth: {
    of: (run) => (run.peak - run.resident_before) / MIB,
    unit: 'MiB',
    isLowerBetter: true
  }
};

/**
 * @typedef {Object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/**
 * @param {(number|null|undefined)[]} values
 * @return {Spread|null} Nothing if there are no numbers
 */
function spread(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1
      ? sorted[middle]
      : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * @typedef {Object} Row
 * @property {string} peer
 * @property {Spread|null} value The scenario's metric
 * @property {number|null} ratio Median of the metric, times ws's; for metrics
 *     where less is better, too
 * @property {Spread|null} cpu Microseconds a message
 * @property {number|null} cpuRatio How much less CPU than ws: 2 means half
 * @property {Spread|null} p50 Microseconds, as p99 and p999
 * @property {Spread|null} p99
 * @property {Spread|null} p999
 * @property {Spread|null} peak MiB resident
 * @property {Spread|null} bytes Bytes on the wire a message
 * @property {boolean} isLoadBound Whether the load generator was the bottleneck
 * @property {boolean} isDisturbed Whether other processes kept more than a
 *     tenth of a core busy in the median run
 * @property {string[]} problems Messages of runs that failed
 */

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {Map<string, {runs: Object[], problems: string[]}>} byPeer
 * @return {Row[]}
 */
export function summarize(scenario, byPeer) {
  const rows = [...byPeer].map(([peer, outcome]) =>
    summarizePeer(scenario, peer, outcome)
  );
  const base = rows.find((row) => row.peer === BASE);
  for (const row of rows) {
    row.ratio = divide(row.value, base?.value);
    row.cpuRatio = divide(base?.cpu, row.cpu);
  }
  return rows;
}

function summarizePeer(scenario, peer, { runs, problems }) {
  const of = (read) => spread(runs.map(read));
  const quantile = (name) => of((run) => run.latency_us?.[name]);
  return {
    peer,
    value: of(metrics[scenario.metric].of),
    cpu: of((run) => run.cpu_us_per_message),
    p50: quantile('p50'),
    p99: quantile('p99'),
    p999: quantile('p999'),
    peak: of((run) => (run.peak ?? run.resident) / MIB),
    bytes: of((run) => run.bytes_per_message),
    isLoadBound:
      scenario.metric === 'rate' &&
      runs.some((run) => run.load_cores > 0.97 && run.cores < 0.9),
    isDisturbed: of((run) => run.other_cores)?.median > 0.1,
    problems
  };
}

function divide(a, b) {
  return a && b ? a.median / b.median : null;
}

/**
 * Whether oxws reached its goal.
 *
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {Row} row
 * @return {boolean|null} Nothing where there is no goal, or nothing to compare
 */
export function reaches({ metric, goal, bound }, row) {
  if (row.peer !== 'oxws' || row.value === null) return null;
  if (bound) return row.value.median <= bound;
  if (!goal || row.ratio === null) return null;
  return metrics[metric].isLowerBetter ? row.ratio <= goal : row.ratio >= goal;
}
