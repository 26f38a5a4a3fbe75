'use strict';

const v8 = require('v8');
const vm = require('vm');

v8.setFlagsFromString('--expose-gc');

/** Collects all garbage at once. */
const collectGarbage = vm.runInNewContext('gc');

/**
 * Collects garbage until something is so; finalizers need turns of their own.
 *
 * @param {Function} condition The condition
 * @param {Number} [limit=5000] Milliseconds after which it is given up
 * @return {Promise<Boolean>} Whether it became so
 */
async function collectUntil(condition, limit = 5000) {
  const end = Date.now() + limit;

  while (!condition()) {
    if (Date.now() > end) return false;

    // What a WeakRef was asked for stays until the end of the turn.
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
  }

  return true;
}

module.exports = { collectGarbage, collectUntil };
