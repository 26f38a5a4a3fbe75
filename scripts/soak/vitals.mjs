/**
 * What a process takes from the machine.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const DESCRIPTORS = ['/proc/self/fd', '/dev/fd'].find((path) =>
  existsSync(path)
);

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 20;

const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
let lastUsage = process.cpuUsage();
let lastTime = performance.now();

delays.enable();

/** @return {number} Threads of this process; 0 if nobody can tell */
function countThreads() {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');

    return Number(status.match(/Threads:\s+(\d+)/)[1]);
  } catch {
    return 0;
  }
}

/** The histogram's values contain the time between two looks. */
function milliseconds(nanoseconds) {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
}

/** @return {number} Cores used since the last call */
function takeCores() {
  const { user, system } = process.cpuUsage(lastUsage);
  const now = performance.now();
  const cores = (user + system) / 1000 / (now - lastTime);

  lastUsage = process.cpuUsage();
  lastTime = now;
  return cores;
}

/**
 * Looks at this process.
 *
 * @return {{rss: number, heap: number, descriptors: number, threads: number,
 *     cores: number, delayP99: number, delayMax: number}} Bytes of memory;
 *     cores and milliseconds of delay since the last call
 */
export function takeVitals() {
  const { rss, heapUsed } = process.memoryUsage();
  const vitals = {
    rss,
    heap: heapUsed,
    descriptors: readdirSync(DESCRIPTORS).length,
    threads: countThreads(),
    cores: takeCores(),
    delayP99: milliseconds(delays.percentile(99)),
    delayMax: milliseconds(delays.max)
  };

  delays.reset();
  return vitals;
}
