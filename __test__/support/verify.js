'use strict';

const assert = require('assert');
const path = require('path');
const { before, describe, it } = require('node:test');

const { collect, complete } = require('./differential');
const { tested } = require('./implementations');
const { runFile } = require('./run-file');

/**
 * Runs the scenarios of a file on each transport, in processes of their own. A
 * scenario is passed if it neither throws nor ends the process, and no exception
 * got lost on the way. Has to be the last statement of the file.
 *
 * @param {String} filename The file
 */
function verify(filename) {
  // The processes load the file as well, for its scenarios alone.
  if (require.main.filename !== filename) return;

  const scenarios = collect(filename);

  complete();

  const results = {};

  before(() =>
    Promise.all(
      tested.map(async (implementation) => {
        results[implementation.name] = await runFile(
          filename,
          implementation,
          scenarios
        );
      })
    )
  );

  for (const { name } of tested) {
    describe(`${path.basename(filename)}, ${name}`, () => {
      scenarios.forEach(({ title }, i) => {
        it(title, () => {
          const { trace, failure } = results[name].scenarios[i];

          if (failure) assert.fail(failure);
          assert.strictEqual(trace.process, undefined);
        });
      });

      it('the process ends by itself afterwards', () => {
        assert.strictEqual(results[name].exit, 'code 0');
      });
    });
  }
}

module.exports = { verify };
