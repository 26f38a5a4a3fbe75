/**
 * What every server under test has in common. A server is started as
 * `node servers/NAME.mjs '{"handler": "echo", ...}'`, listens on a free port of
 * 127.0.0.1 and says so with one line of JSON on standard output.
 */

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * @typedef {Object} ServerOptions
 * @property {'echo'|'broadcast'} handler What happens to a message
 * @property {string} [implementation] Which of several libraries with one API
 * @property {number} [work] Microseconds of JavaScript a message costs
 * @property {{certificate: string, key: string}} [tls] Files in PEM format
 * @property {{takeover: boolean}} [deflate] Whether to accept compression
 * @property {boolean} [collect] Collect garbage once a second, so that what
 *     remains is what connections need
 */

/** @type {ServerOptions} */
export const options = JSON.parse(process.argv[2]);

/** Bytes that any library must accept in one message. */
export const MAX_PAYLOAD = 64 * 1024 * 1024;

/**
 * Reads the files that `options.tls` names.
 *
 * @return {{cert: Buffer, key: Buffer}}
 */
export function credentials() {
  const { certificate, key } = options.tls;
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

/** Keeps the processor busy for as long as a message is said to cost. */
export const work = options.work ? spin : () => {};

function spin() {
  const end = performance.now() + options.work / 1000;
  while (performance.now() < end);
}

/**
 * Tells the benchmark that the server listens.
 *
 * @param {number} port
 * @param {string} version Of the library under test
 */
export function ready(port, version) {
  if (options.collect && globalThis.gc) setInterval(globalThis.gc, 1000);
  if (options.collect && globalThis.Bun) {
    setInterval(() => globalThis.Bun.gc(true), 1000);
  }
  console.log(JSON.stringify({ port, version }));
}
