'use strict';

// What the fuzzer has found stays as in ws.

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { describe, it } = require('node:test');

const corpus = require('./fuzz/corpus.json');
const { declared } = require('./fuzz/differences');
const { start } = require('./fuzz/start');
const { tested } = require('./support/implementations');

const documentation = path.join(__dirname, '..', 'docs', 'differences.md');

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

describe('the differences that the fuzzer tolerates', () => {
  const text = fs.readFileSync(documentation, 'utf8').replace(/\s+/g, ' ');

  for (const row of new Set(declared.map((entry) => entry.row))) {
    it(`${row}: is documented`, () => {
      assert.ok(text.includes(`| ${row} |`) || text.includes(`* ${row}`));
    });
  }
});
