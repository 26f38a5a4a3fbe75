'use strict';

// What JS sends on lanes. Everything that a tick has sent goes out at its end: one
// call frames it, one writes it.

const { keepContext } = require('./async-context');
const { NO_ERROR } = require('./constants');
const { binding, connections } = require('./native');
const { isSmall, Staging } = require('./staging');
const { nextTick } = require('./turns');

const SEND_RECORDS = 1024;
const RECEIPTS = 512;
const SLAB_BYTES = 128 * 1024;

const staging = new Staging(SLAB_BYTES, SEND_RECORDS);
const receipts = new Uint32Array(2 * RECEIPTS);

/** Something was sent that nobody has tried to write. */
let unwritten = false;
let flushScheduled = false;

/** A batch of events is being delivered; its end flushes. */
let inBatch = false;

/** Calls that are due in the tick after the batch. */
let dueSoon = [];

/** Callbacks of sends that were written. */
let written = [];
let callbacksScheduled = false;

/**
 * Sends a payload: at the end of the tick if it is small, otherwise at once.
 *
 * @param {Number} number The connection's number
 * @param {Number} word What to send, bits of `SEND`
 * @param {(Buffer|String)} data The payload
 * @param {Buffer} [key] The masking key if `word` has the bit for it
 */
function send(number, word, data, key) {
  if (isSmall(data)) {
    if (!staging.add(number, word, data, key)) {
      append();
      staging.add(number, word, data, key);
    }
  } else {
    sendApart(number, word, data, key);
  }

  scheduleFlush();
}

function sendApart(number, word, data, key) {
  if (typeof data === 'string') data = Buffer.from(data);

  append();

  // Shared memory may change while the native side reads it.
  if (key) data = Buffer.concat([key, data]);
  else if (!(data.buffer instanceof ArrayBuffer)) data = Buffer.from(data);

  binding.sendApart(number, word, data);
}

/** Tells the native side what is staged. */
function append() {
  if (staging.count === 0) return;

  binding.append(staging.records, staging.count, staging.slab);
  staging.clear();
}

function scheduleFlush() {
  unwritten = true;

  // The end of a batch flushes anyhow.
  if (inBatch || flushScheduled) return;

  flushScheduled = true;
  nextTick(flushTick);
}

function flushTick() {
  flushScheduled = false;
  flush();
  callCallbacks();
}

/** Hands everything sent so far to the kernel, as far as it takes it. */
function flush() {
  if (unwritten) writeAll();
  if (dueSoon.length > 0) scheduleDue();
}

/**
 * Leaves the writing to the lanes: JS has enough to do. Not if something could
 * not be sent: the callbacks of what was sent before come first.
 */
function handOver() {
  if (!unwritten || dueSoon.length > 0) return;

  unwritten = false;
  append();
  binding.handOver();
}

/** Writes everything: the process is about to end. */
function end() {
  flush();
  binding.writeRest();
}

function writeAll() {
  unwritten = false;
  append();

  let count;

  do {
    count = binding.writeAll(receipts);
    for (let i = 0; i < count; i++)
      settle(receipts[2 * i], receipts[2 * i + 1]);
  } while (count === RECEIPTS);
}

/**
 * Calls a callback in the next tick, after those of what was sent before.
 *
 * @param {Function} callback The callback
 * @param {Error} err Its argument
 */
function callSoon(callback, err) {
  if (inBatch) dueSoon.push([keepContext(callback), err]);
  else nextTick(callback, err);
}

function scheduleDue() {
  for (const [callback, err] of dueSoon) nextTick(callback, err);
  dueSoon = [];
}

/**
 * Notes that sends were written; their callbacks are called in the next tick.
 *
 * @param {Number} number The connection's number
 * @param {Number} count How many of them have callbacks
 */
function settle(number, count) {
  const transport = connections[number];

  if (count === 0 || !transport) return;

  for (let i = 0; i < count; i++) written.push(transport.callbacks.shift());

  if (!callbacksScheduled) {
    callbacksScheduled = true;
    nextTick(callCallbacks);
  }
}

function callCallbacks() {
  callbacksScheduled = false;
  if (written.length === 0) return;

  const callbacks = written;
  let called = 0;

  written = [];

  try {
    while (called < callbacks.length) callbacks[called++](NO_ERROR);
  } finally {
    if (called < callbacks.length) {
      // One threw; the others are called all the same, and before later ones.
      written = callbacks.slice(called).concat(written);
      nextTick(callCallbacks);
    }
  }
}

/**
 * Tells that a batch of events begins or ends. What is sent in between waits for
 * the caller's `flush()`.
 *
 * @param {Boolean} begins Whether it begins
 */
function setInBatch(begins) {
  inBatch = begins;
}

module.exports = {
  append,
  callSoon,
  end,
  flush,
  handOver,
  send,
  setInBatch,
  settle
};
