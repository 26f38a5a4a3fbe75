'use strict';

// Small frames that one stream sends in a row: one call frames them, and they are
// written as one Buffer. There is at most one run at a time.

const { HEADER_MAX } = require('./constants');
const { binding } = require('./native');
const { Staging } = require('./staging');

const RUN_RECORDS = 512;
const SLAB_BYTES = 64 * 1024;

const staging = new Staging(SLAB_BYTES, RUN_RECORDS);

/** Whose run it is; `null` if there is none. */
let writer = null;

/** Callbacks of those that have one. */
let callbacks = [];

/**
 * Adds a frame to the run of a writer. That of another one ends.
 *
 * @param {FrameWriter} owner The writer
 * @param {(Buffer|String)} data The payload, a small one
 * @param {Number} word Bits of `SEND`
 * @param {Buffer} [key] The masking key
 * @param {Function} [cb] Called when the socket has written it; does not throw
 */
function addToRun(owner, data, word, key, cb) {
  if (writer !== owner) endRun();

  if (!staging.add(owner.number, word, data, key)) {
    endRun();
    staging.add(owner.number, word, data, key);
  }

  writer = owner;
  if (cb) callbacks.push(cb);
}

/** Writes the run, whoever it belongs to. */
function endRun() {
  if (writer === null) return;

  const owner = writer;
  const { count, payloadBytes, records, slab } = staging;
  const frames = Buffer.allocUnsafe(payloadBytes + count * HEADER_MAX);
  const length = binding.encodeAll(owner.number, records, count, slab, frames);
  const cb = combine(callbacks);

  writer = null;
  callbacks = [];
  staging.clear();
  owner.cork();
  owner.socket.write(frames.subarray(0, length), cb);
}

function combine(list) {
  if (list.length < 2) return list[0];

  return (err) => {
    for (const cb of list) cb(err);
  };
}

module.exports = { addToRun, endRun };
