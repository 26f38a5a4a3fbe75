'use strict';

// One timer looks after the heartbeats of all stream connections, however many
// there are. (Lanes look after their connections themselves.)

/** Milliseconds by which a look is late, so that many share one. */
const SLACK = 10;

/** When to look at which transport, in milliseconds of `performance.now()`. */
const due = new Map();

let timer = null;
let timerAt = Infinity;

/**
 * Looks at a transport's heartbeat in a while, and from then on.
 *
 * @param {StreamTransport} transport Its `beat()` is called; it returns the
 *     milliseconds until the next call, a negative number for none
 * @param {Number} delay Milliseconds until the first look
 */
function beatLater(transport, delay) {
  const at = performance.now() + delay;

  due.set(transport, at);
  if (at < timerAt) arm(at);
}

function arm(at) {
  clearTimeout(timer);
  timerAt = at;
  timer = setTimeout(lookLater, Math.max(1, at - performance.now()) + SLACK);
  // The connections themselves keep the process alive.
  timer.unref();
}

/**
 * Looks when everything was read that had arrived: while JavaScript was busy,
 * the peers were not silent, and nobody listened.
 */
function lookLater() {
  setImmediate(look);
}

function look() {
  const now = performance.now();
  let next = Infinity;

  timerAt = Infinity;

  for (const [transport, at] of due) {
    if (at <= now) {
      const delay = transport.beat();

      if (delay < 0) {
        due.delete(transport);
        continue;
      }

      due.set(transport, now + Math.max(1, delay));
    }

    next = Math.min(next, due.get(transport));
  }

  if (next < Infinity) arm(next);
}

module.exports = { beatLater };
