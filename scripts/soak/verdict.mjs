/**
 * What has to hold in a run.
 */

const MEBIBYTE = 1 << 20;

/** The first part of the samples, in which caches and pools fill. */
const WARM_UP = 0.25;

/** Share by which memory may have grown at the end, by the slope. */
const MOST_GROWTH = 0.1;

/** Minutes without which a slope says nothing. */
const LEAST_MINUTES = 3;

/** Minutes in which `maxBackpressure` is reached for the first time. */
const LEAST_STUCK_MINUTES = 1;

/** Descriptors a lane opens when it gets its first connection, of all lanes. */
const MORE_DESCRIPTORS = 16;

/** Milliseconds: 99 of 100 delays of an event loop have to be shorter. */
const MOST_DELAY = 250;

/**
 * Fits a straight line.
 *
 * @param {number[]} xs Values of x
 * @param {number[]} ys Values of y
 * @return {number} The slope (least squares)
 */
export function slopeOf(xs, ys) {
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const x0 = mean(xs);
  const y0 = mean(ys);
  const above = xs.reduce((sum, x, i) => sum + (x - x0) * (ys[i] - y0), 0);
  const below = xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);

  return below === 0 ? 0 : above / below;
}

function median(list) {
  const sorted = list.filter((x) => x !== null).sort((a, b) => a - b);

  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The memory, threads and delays of one of the processes. */
function checkProcess(name, samples, before, after) {
  const vitals = samples.map((sample) => sample[name]);
  const minutes = samples.map(({ minute }) => minute);
  const memory = vitals.map(({ rss }) => rss / MEBIBYTE);
  const slope = slopeOf(minutes, memory);
  const duration = minutes[minutes.length - 1] - minutes[0];
  const threads = vitals.map((vital) => vital.threads);
  const delay = median(vitals.map(({ delayP99 }) => delayP99));
  const descriptors = after[name].descriptors - before[name].descriptors;

  return [
    {
      title: `${name}: memory in the middle`,
      value: `${median(memory).toFixed(0)} MiB`
    },
    {
      title: `${name}: memory, slope`,
      value: `${(slope * 1024).toFixed(0)} KiB/min`,
      ...(duration >= LEAST_MINUTES && {
        rule: `at most ${MOST_GROWTH * 100} % in all`,
        holds: slope * duration <= MOST_GROWTH * median(memory)
      })
    },
    {
      title: `${name}: threads`,
      value: `${Math.min(...threads)} to ${Math.max(...threads)}`,
      rule: 'always as many',
      holds: Math.min(...threads) === Math.max(...threads)
    },
    {
      title: `${name}: descriptors left over`,
      value: `${descriptors}`,
      rule: `at most ${MORE_DESCRIPTORS}`,
      holds: descriptors <= MORE_DESCRIPTORS
    },
    {
      title: `${name}: event loop delay, p99`,
      value: `${delay.toFixed(1)} ms`,
      rule: `at most ${MOST_DELAY} ms`,
      holds: delay <= MOST_DELAY
    },
    {
      title: `${name}: event loop delay, longest`,
      value: `${Math.max(...vitals.map(({ delayMax }) => delayMax)).toFixed(0)} ms`
    },
    {
      title: `${name}: processor`,
      value: `${(100 * median(vitals.map(({ cores }) => cores))).toFixed(0)} % of a core`
    }
  ];
}

/** The messages. */
function checkMessages(samples, { load, server }) {
  const unanswered = load.sent - load.echoed - load.givenUp;
  const open = samples.map((sample) => sample.load.open);

  return [
    {
      title: 'open connections',
      value: `${Math.min(...open)} to ${Math.max(...open)}`
    },
    { title: 'connections in all', value: `${load.opened}` },
    {
      title: 'connections that were not closed',
      value: `${load.opened - load.closed}`,
      rule: 'none',
      holds: load.opened === load.closed && server.connections === 0
    },
    { title: 'messages echoed and compared', value: `${load.echoed}` },
    {
      title: 'messages without an echo',
      value: `${unanswered}`,
      rule: 'none',
      holds: unanswered === 0
    },
    {
      title: 'messages lost by terminate()',
      value: `${load.givenUp}`
    },
    {
      title: 'broadcast and streamed messages, in order',
      value: `${load.numbered}`,
      rule: 'some',
      holds: load.numbered > 0
    },
    {
      title: 'readers thrown out by maxBackpressure',
      value: `${load.thrownOut} of ${server.tooSlow}`,
      ...(samples[samples.length - 1].minute >= LEAST_STUCK_MINUTES && {
        // At the end, each stuck reader may not have noticed the last time.
        rule: 'some, and all but the last',
        holds:
          load.thrownOut > 0 &&
          load.thrownOut <= server.tooSlow &&
          load.thrownOut + load.stuck >= server.tooSlow
      })
    },
    {
      title: 'what must not happen',
      value: `${load.notes + server.errors.length} times`,
      rule: 'never',
      holds: load.notes + server.errors.length === 0
    },
    {
      title: 'round trip, p50',
      value: `${median(samples.map((sample) => sample.load.p50)).toFixed(2)} ms`
    },
    {
      title: 'round trip, p99',
      value: `${median(samples.map((sample) => sample.load.p99)).toFixed(2)} ms`
    }
  ];
}

/**
 * Judges a run.
 *
 * @param {Object[]} samples What was seen meanwhile
 * @param {Object} before What was seen before the connections
 * @param {Object} after What was seen after them
 * @return {{title: string, value: string, rule?: string, holds?: boolean}[]}
 *     The lines of a table; rows without a rule only tell something
 */
export function judge(samples, before, after) {
  const measured = samples.slice(Math.floor(samples.length * WARM_UP));

  return [
    ...checkMessages(measured, after),
    ...checkProcess('server', measured, before, after),
    ...checkProcess('load', measured, before, after)
  ];
}
