'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { describe, it } = require('node:test');

const { collect } = require('./support/differential');

const STATEMENT = /^- (\d+\.\d+) (.+)$/gm;
const NUMBERS = /^(\d+\.\d+(?:, \d+\.\d+)*)[:,] /;
const DIFFERS = '(differs)';

/**
 * @return {Map<String, String>} The statements of the checklist by number
 */
function readStatements() {
  const list = fs.readFileSync(path.join(__dirname, 'checklist.md'), 'utf8');
  const pairs = [...list.matchAll(STATEMENT)].map(([, ...pair]) => pair);
  const statements = new Map(pairs);

  assert.strictEqual(statements.size, pairs.length, 'A number is there twice');
  return statements;
}

/**
 * @return {Object[]} The scenarios of all test files that compare, with the
 *     `numbers` of their titles
 */
function collectScenarios() {
  let scenarios = [];

  for (const name of fs.readdirSync(__dirname)) {
    const filename = path.join(__dirname, name);

    if (!name.endsWith('.test.js')) continue;
    if (!/^compare\(__filename\);$/m.test(fs.readFileSync(filename, 'utf8'))) {
      continue;
    }

    scenarios = collect(filename);
  }

  return scenarios.map((scenario) => {
    const match = NUMBERS.exec(scenario.title);
    return { ...scenario, numbers: match ? match[1].split(', ') : [] };
  });
}

describe('the checklist', () => {
  const statements = readStatements();
  const scenarios = collectScenarios();

  it('has a test for every statement', () => {
    const proved = new Set(scenarios.flatMap(({ numbers }) => numbers));
    const unproved = [...statements].filter(([number]) => !proved.has(number));

    assert.deepStrictEqual(unproved, []);
  });

  it('has a statement for every test', () => {
    const stray = scenarios.filter(
      ({ numbers }) =>
        numbers.length === 0 || !numbers.every((n) => statements.has(n))
    );

    assert.deepStrictEqual(
      stray.map(({ title }) => title),
      []
    );
  });

  it('says where oxws differs', () => {
    const unsaid = scenarios.filter(
      ({ differs, numbers }) =>
        differs.length > 0 &&
        !numbers.some((n) => statements.get(n).endsWith(DIFFERS))
    );

    assert.deepStrictEqual(
      unsaid.map(({ title }) => title),
      []
    );
  });
});
