'use strict';

const assert = require('assert');
const { fork } = require('child_process');
const { once } = require('events');
const path = require('path');
const { performance } = require('perf_hooks');

const INTERVAL = 20;

/** A server in a process of its own; see victim.js. */
class Victim {
  /**
   * @param {Object} implementation See implementations.js
   * @param {Object} settings See victim.js
   */
  constructor(implementation, settings) {
    this.child = fork(
      path.join(__dirname, 'victim.js'),
      [JSON.stringify(settings)],
      {
        env: {
          ...process.env,
          NODE_TEST_CONTEXT: '',
          // What is noted for coverage takes memory, too.
          NODE_V8_COVERAGE: '',
          OXWS_TEST_PATH: implementation.module,
          ...implementation.env
        },
        execArgv: ['--expose-gc']
      }
    );
    this.gone = once(this.child, 'exit').then(([code, signal]) => {
      throw new Error(`The victim has ended with ${signal || `code ${code}`}`);
    });

    // It is looked at when something is asked.
    this.gone.catch(() => {});
  }

  /** Waits until the server listens. */
  async start() {
    ({ port: this.port } = await this.answer());
  }

  async answer() {
    const [answer] = await Promise.race([
      once(this.child, 'message'),
      this.gone
    ]);

    return answer;
  }

  /**
   * @param {String} request The name of one of the requests in victim.js
   * @return {Promise<Object>} The answer
   */
  ask(request) {
    const answer = this.answer();

    this.child.send(request);
    return answer;
  }

  /**
   * Waits until something is so.
   *
   * @param {Function} condition Gets a report
   * @param {Number} [patience] Milliseconds after which the last report will do
   * @return {Promise<Object>} The first report of which it holds
   */
  async until(condition, patience = Infinity) {
    const begun = performance.now();

    for (;;) {
      const report = await this.ask('report');

      if (condition(report) || performance.now() - begun > patience) {
        return report;
      }

      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }

  /** Ends the process. */
  async stop() {
    const ended = this.gone.catch(() => {});

    this.child.kill('SIGKILL');
    await ended;
  }
}

/**
 * @param {String} what What has grown
 * @param {Number} before Bytes before
 * @param {Number} after Bytes after
 * @param {Number} limit How many more there may be
 */
function assertGrowth(what, before, after, limit) {
  const megabytes = (bytes) => `${Math.round(bytes / 1e5) / 10} MB`;

  if (process.env.OXWS_TEST_FIGURES) {
    console.error(
      `${what}: ${megabytes(after - before)} of ${megabytes(limit)}`
    );
  }

  assert.ok(
    after - before <= limit,
    `${what} has grown by ${megabytes(after - before)}, not ${megabytes(limit)}`
  );
}

module.exports = { Victim, assertGrowth };
