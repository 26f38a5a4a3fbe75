'use strict';

/** A `closeTimeout` that nobody else uses, in milliseconds. */
const CLOSE_TIMEOUT = 30017;

const pending = new Set();

/**
 * Makes the timers of closing handshakes run out when a scenario says so, and
 * at no other time.
 */
function install() {
  const { clearTimeout, setTimeout } = global;

  global.setTimeout = (callback, delay, ...values) => {
    if (delay !== CLOSE_TIMEOUT) return setTimeout(callback, delay, ...values);

    const timer = { callback };

    pending.add(timer);
    return timer;
  };
  global.clearTimeout = (timer) => {
    if (!pending.delete(timer)) clearTimeout(timer);
  };
}

/** Lets all of them run out. */
function fire() {
  for (const timer of pending) {
    pending.delete(timer);
    timer.callback();
  }
}

/** Forgets those of a scenario that is over. */
function clear() {
  pending.clear();
}

module.exports = { CLOSE_TIMEOUT, clear, fire, install };
