'use strict';

const assert = require('assert');

const { collect } = require('./differential');
const { Tools, within } = require('./tools');
const { Trace } = require('./trace');

/** In milliseconds; those that compress much take a second, ten on a busy machine. */
const SCENARIO_LIMIT = 30000;

/** How often each scenario is run; its traces must not vary. */
const REPEAT = Number(process.env.OXWS_TEST_REPEAT) || 1;

const [filename, modulePath, first] = process.argv.slice(2);
let trace = null;

process.on('uncaughtException', (error) => {
  trace.note('process', 'uncaughtException', error);
});
process.on('unhandledRejection', (error) => {
  trace.note('process', 'unhandledRejection', error);
});
process.on('warning', (warning) => {
  trace.note('process', 'warning', warning);
});

/**
 * Runs a scenario once.
 *
 * @param {Function} run The scenario
 * @param {Function} WebSocket The implementation
 * @return {Promise<{trace: Object, failure: (String|null)}>} What it saw, and
 *     why it came to no end if it did not
 */
async function runOnce(run, WebSocket) {
  trace = new Trace();

  const tools = new Tools(WebSocket, trace, modulePath);
  let failure = null;

  try {
    await within(SCENARIO_LIMIT, run(WebSocket, trace, tools));
  } catch (error) {
    failure = error.stack;
  }

  trace.seal();

  try {
    await tools.cleanUp();
  } catch (error) {
    failure = failure || `while cleaning up: ${error.message}`;
  }

  return { trace: trace.toJSON(), failure };
}

/**
 * Runs a scenario as often as told and compares the results.
 *
 * @param {Function} run The scenario
 * @param {Function} WebSocket The implementation
 * @return {Promise<Object>} The result of the first run
 */
async function runRepeatedly(run, WebSocket) {
  const result = await runOnce(run, WebSocket);

  for (let i = 1; i < REPEAT && !result.failure; i++) {
    const again = await runOnce(run, WebSocket);

    try {
      assert.deepStrictEqual(again, result);
    } catch (error) {
      result.failure = `Run ${i + 1} differs from the first: ${error.message}`;
    }
  }

  return result;
}

/** Runs all scenarios and sends the results to the parent process. */
async function main() {
  const WebSocket = require(modulePath);

  for (const { run } of collect(filename).slice(Number(first))) {
    process.send(await runRepeatedly(run, WebSocket));
  }

  process.disconnect();
}

main();
