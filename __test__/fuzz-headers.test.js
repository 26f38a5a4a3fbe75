'use strict';

// Opening handshakes and header fields of each sort that there is come out as in ws.

const assert = require('assert');
const { after, before, describe, it } = require('node:test');

const { Comparison } = require('./fuzz/headers/compare');
const corpus = require('./fuzz/headers/corpus.json');

describe('the corpus of opening handshakes', () => {
  const comparison = new Comparison();

  before(() => comparison.start());
  after(() => comparison.stop());

  for (const { title, input } of corpus) {
    it(title, async () => {
      assert.strictEqual(await comparison.run(input), undefined);
    });
  }
});
