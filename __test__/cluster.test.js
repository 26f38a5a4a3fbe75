'use strict';

const assert = require('assert');
const { describe, it } = require('node:test');

const { Program } = require('./support/program');
const { tested } = require('./support/implementations');

describe('workers of a cluster', { timeout: 60000 }, () => {
  for (const { name, env } of tested) {
    for (const policy of ['SCHED_RR', 'SCHED_NONE']) {
      it(`share a port (${policy}, ${name})`, async () => {
        const filename = '__test__/support/cluster-program.js';
        const program = new Program(filename, [policy], env);
        const { ports, answers } = JSON.parse(await program.prints(/{.*}/));

        assert.strictEqual(new Set(ports).size, 1);
        for (const answer of answers) {
          assert.match(answer, new RegExp(`^[12] hello ${name}$`));
        }
        // Otherwise the kernel chooses, and may choose one alone.
        if (policy === 'SCHED_RR') assert.strictEqual(answers.length, 2);
      });
    }
  }
});
