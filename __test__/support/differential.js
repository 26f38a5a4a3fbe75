'use strict';

const assert = require('assert');
const path = require('path');
const { before, describe, it } = require('node:test');

const implementations = require('./implementations');
const { runFile } = require('./run-file');

const scenarios = [];
let collecting = false;
let isComplete = false;

/**
 * Registers a scenario: something done to ws and to oxws in the same way, of
 * which every observable consequence has to be the same.
 *
 * A title begins with the numbers of the statements in checklist.md that the
 * scenario proves, as in `5.16, 3.14: a ping is answered with its payload`.
 *
 * @param {String} title Numbers of statements, and what is looked at
 * @param {Function} run Gets the `WebSocket` class, a Trace and Tools
 * @param {Object} [options]
 * @param {Object[]} [options.differs] Where oxws deliberately does otherwise
 * @param {String[]} options.differs[].on On which transports, 'lane', 'stream'
 * @param {String} options.differs[].because Why
 * @param {Function} options.differs[].expected Makes oxws's trace of ws's
 */
function scenario(title, run, { differs = [] } = {}) {
  assert.ok(!isComplete, `Behind compare() or verify(), never run: ${title}`);
  scenarios.push({ title, run, differs });
}

/**
 * Registers a scenario for a WebSocket of each side with a raw peer.
 *
 * @param {String} title As for `scenario()`
 * @param {Function} run Gets also `open()`, which opens a connection
 * @param {Object} [options] As for `scenario()`
 */
function onBothSides(title, run, options) {
  for (const side of ['server', 'client']) {
    scenario(
      `${title} (${side})`,
      (WebSocket, trace, tools) =>
        run(WebSocket, trace, tools, (settings) => tools.open(side, settings)),
      options
    );
  }
}

/**
 * What a transport is expected to produce.
 *
 * @param {Object} entry The scenario
 * @param {String} transport The name of the transport
 * @param {Object} trace The trace of ws
 * @return {Object} The trace of ws with the deliberate differences applied
 */
function expectedTrace(entry, transport, trace) {
  return entry.differs
    .filter(({ on }) => on.includes(transport))
    .reduce((changed, { expected }) => expected(changed), trace);
}

/**
 * Runs the scenarios of a file with every implementation and compares. Has to
 * be the last statement of the file.
 *
 * @param {String} filename The file
 */
function compare(filename) {
  if (collecting) return;

  complete();

  const { reference, tested } = implementations;
  const results = {};

  describe(path.basename(filename), () => {
    before(() =>
      Promise.all(
        [reference, ...tested].map(async (implementation) => {
          results[implementation.name] = await runFile(
            filename,
            implementation,
            scenarios
          );
        })
      )
    );

    scenarios.forEach((entry, i) => {
      it(entry.title, () => {
        const { trace, failure } = results[reference.name].scenarios[i];
        const actual = {};
        const expected = {};

        assert.strictEqual(failure, null);

        for (const { name } of tested) {
          actual[name] = results[name].scenarios[i];
          expected[name] = {
            trace: expectedTrace(entry, name, trace),
            failure: null
          };
        }

        assert.deepStrictEqual(actual, expected);
      });
    });

    for (const { name } of [reference, ...tested]) {
      it(`the process of ${name} ends by itself afterwards`, () => {
        assert.strictEqual(results[name].exit, 'code 0');
      });
    }
  });
}

/**
 * Loads a file for its scenarios alone.
 *
 * @param {String} filename The file
 * @return {Object[]} The scenarios of all files loaded so
 */
function collect(filename) {
  collecting = true;
  require(filename);
  assert.notStrictEqual(scenarios.length, 0, `No scenarios in ${filename}`);
  return scenarios;
}

/** Refuses further scenarios: all that there are get a test now. */
function complete() {
  isComplete = true;
}

module.exports = { collect, compare, complete, onBothSides, scenario };
