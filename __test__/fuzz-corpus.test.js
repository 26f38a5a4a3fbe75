'use strict';

// What the fuzzer has found stays as in ws.

const assert = require('assert');
const { describe, it } = require('node:test');

const corpus = require('./fuzz/corpus.json');
const { start } = require('./fuzz/start');
const { tested } = require('./support/implementations');

describe('the corpus of the fuzzer', () => {
  for (const implementation of tested) {
    it(`is the same as with ws (${implementation.name})`, async () => {
      const reports = [];
      const { summary, exit } = await start(
        implementation,
        { corpusOnly: true, seconds: 60 },
        (lines) => reports.push(lines.join('\n'))
      );

      assert.deepStrictEqual(reports, []);
      assert.strictEqual(exit, 'code 0');
      assert.strictEqual(summary.scenarios, corpus.length);
    });
  }
});
