/**
 * What every client under test has in common. A client is started as
 * `node clients/NAME.mjs '{"url": "ws://…", ...}'`, opens its connections to
 * the load generator and does with messages what it is told.
 */

/**
 * @typedef {Object} ClientOptions
 * @property {string} url Where to connect
 * @property {number} connections How many connections to open
 * @property {'echo'|'count'} handler Return messages, or count them and
 *     answer a text message with the count
 * @property {string} [implementation] Which of several libraries with one API
 */

/** @type {ClientOptions} */
export const options = JSON.parse(process.argv[2]);

const AT_A_TIME = 50;

/**
 * Opens all connections.
 *
 * @param {(url: string) => Promise<void>} open Resolves once one is open
 */
export async function openAll(open) {
  const url = `${options.url}/?pid=${process.pid}`;
  for (let left = options.connections; left > 0; left -= AT_A_TIME) {
    const count = Math.min(left, AT_A_TIME);
    await Promise.all(Array.from({ length: count }, () => open(url)));
  }
}

/** Counts what one connection receives. */
export class Counter {
  messages = 0;
  bytes = 0;

  /** @param {number} size Bytes of a message */
  add(size) {
    this.messages++;
    this.bytes += size;
  }

  /** @return {string} The answer that the load generator compares */
  toString() {
    return JSON.stringify({ messages: this.messages, bytes: this.bytes });
  }
}
