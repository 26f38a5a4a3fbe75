'use strict';

const { RECORD_WORDS, SEND } = require('./native');

/** Longer payloads are not staged, in bytes. */
const STAGED_BYTES = 4096;

/** Bytes that a UTF-16 code unit takes at most in UTF-8. */
const UNIT_MAX = 3;

const KEY_BYTES = 4;

/** Up to this length a loop beats a call of `TypedArray.prototype.set()`. */
const SHORT_COPY = 32;

/**
 * Small payloads on their way to the native side, which is told of many with
 * one call: their bytes in a slab, and for each a record of four words (the
 * connection's number, bits of `SEND`, offset, length).
 */
class Staging {
  /**
   * @param {Number} slabBytes Bytes of payloads there is room for
   * @param {Number} maxRecords Payloads there is room for
   */
  constructor(slabBytes, maxRecords) {
    this.slab = Buffer.allocUnsafeSlow(slabBytes);
    this.records = new Uint32Array(maxRecords * RECORD_WORDS);
    this.maxRecords = maxRecords;
    this.clear();
  }

  /** Forgets everything, because the native side knows it. */
  clear() {
    this.used = 0;
    this.count = 0;

    /** Bytes of all payloads, those included that stand in the slab only once. */
    this.payloadBytes = 0;

    /** The last payload, if there was no key before it. */
    this.last = null;

    /** Where the last payload begins; it ends at `used`. */
    this.start = 0;
  }

  /**
   * Adds a small payload. A string that is sent to many in a row is copied once.
   *
   * @param {Number} number The connection's number
   * @param {Number} word What to send, bits of `SEND`
   * @param {(Buffer|String)} data The payload
   * @param {Buffer} [key] The masking key if `word` has the bit for it
   * @return {Boolean} Whether there was room
   */
  add(number, word, data, key) {
    if (this.count === this.maxRecords) return false;

    const repeated = data === this.last && !key;

    // Unlike a string, a Buffer may have changed since.
    if ((!repeated || typeof data !== 'string') && !this.copy(data, key)) {
      return false;
    }

    const { records, start, used } = this;
    const at = this.count++ * RECORD_WORDS;
    const goesToMany = repeated && records[at - RECORD_WORDS] !== number;

    records[at] = number;
    records[at + 1] = goesToMany ? word | SEND.TO_MANY : word;
    records[at + 2] = start;
    records[at + 3] = used - start;
    this.payloadBytes += used - start;
    return true;
  }

  copy(data, key) {
    const { slab, used: start } = this;
    const max = maxLength(data);
    let end = start;

    if (start + max + KEY_BYTES > slab.length) return false;

    if (key) {
      slab.set(key, start);
      end += KEY_BYTES;
    }

    if (typeof data === 'string') {
      end += slab.utf8Write(data, end, max);
    } else if (data.length <= SHORT_COPY) {
      for (let i = 0; i < data.length; i++) slab[end++] = data[i];
    } else {
      slab.set(data, end);
      end += data.length;
    }

    this.last = key ? null : data;
    this.start = start;
    this.used = end;
    return true;
  }
}

/**
 * @param {(Buffer|String)} data A payload
 * @return {Boolean} Whether it is small enough to be staged
 */
function isSmall(data) {
  return maxLength(data) <= STAGED_BYTES;
}

function maxLength(data) {
  return typeof data === 'string' ? data.length * UNIT_MAX : data.length;
}

module.exports = { isSmall, Staging };
