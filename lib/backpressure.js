'use strict';

// What becomes of messages for a peer that reads slower than they are sent.

const { inspect } = require('util');

const { OPEN } = require('./constants');
const { isBlob, resolveLimit } = require('./validation');

/** Values of the option `backpressurePolicy`; the first one is the default. */
const POLICIES = ['close', 'drop', 'event'];

/** The reason of the `'close'` event. */
const TOO_SLOW = 'Backpressure limit: the peer reads too slowly';

/** Longest header of a frame, in bytes (RFC 6455, section 5.2). */
const HEADER_MAX = 14;

/** Most bytes of UTF-8 that a UTF-16 code unit becomes. */
const UTF8_MAX = 3;

/** Keeps what waits to be sent on one connection below a limit. */
class Backpressure {
  /**
   * @param {WebSocket} websocket Who sends
   * @param {Number} limit Most bytes that may wait, more than 0
   * @param {String} [policy='close'] One of `POLICIES`
   */
  constructor(websocket, limit, policy = POLICIES[0]) {
    this.websocket = websocket;
    this.limit = limit;
    this.policy = policy;

    /** No more than this waits, as far as can be told without a look. */
    this.atMost = 0;

    /** The beginning of the current message was sent, or was refused. */
    this.inMessage = false;
    this.refusing = false;

    /** The limit was exceeded and `'drain'` not emitted since. */
    this.exceeded = false;
  }

  /**
   * Decides whether to send a message or a part of one. What is left of a message
   * shares the fate of its beginning: the peer must not get half of it.
   *
   * @param {*} data The payload
   * @param {Boolean} fin Whether it is the last part
   * @param {Function} [cb] Called with an error if it is refused
   * @return {Boolean} Whether to send it
   */
  admits(data, fin, cb) {
    const begins = !this.inMessage;

    this.inMessage = !fin;

    if (begins) this.refusing = false;
    if (!this.refusing) {
      const tooMuch = this.isTooMuch(data);

      this.refusing = tooMuch && (begins || this.policy === 'close');
    }

    if (!this.refusing) return true;

    this.refuse(cb);
    return false;
  }

  /**
   * The same for a ping or a pong, which is not a part of a message.
   *
   * @param {*} data The payload
   * @param {Function} [cb] Called with an error if it is refused
   * @return {Boolean} Whether to send it
   */
  admitsControl(data, cb) {
    if (!this.isTooMuch(data)) return true;

    this.refuse(cb);
    return false;
  }

  /**
   * Counts a payload. What waits is looked up only if it might be too much:
   * that ends the batch of what is sent in this tick.
   *
   * @param {*} data The payload
   * @return {Boolean} Whether it has to be refused
   */
  isTooMuch(data) {
    this.atMost += byteLength(data, UTF8_MAX) + HEADER_MAX;
    if (this.atMost <= this.limit) return false;

    const waiting = this.websocket.bufferedAmount;
    const length = byteLength(data, 0) + HEADER_MAX;

    this.atMost = waiting + length;

    // A peer that has read everything gets a message of any length.
    if (waiting === 0 || this.atMost <= this.limit) return false;

    if (this.policy === 'event') {
      this.announce(waiting);
      return false;
    }

    this.atMost = waiting;
    return true;
  }

  announce(waiting) {
    if (this.exceeded) return;

    const { websocket } = this;

    this.exceeded = true;

    // In the next tick: a listener may close, and this message comes first.
    process.nextTick(() => {
      if (websocket.readyState === OPEN) {
        websocket.emit('backpressure', waiting);
      }
    });
  }

  refuse(cb) {
    if (cb) process.nextTick(cb, limitError(this.limit));
    if (this.policy !== 'close') return;

    this.websocket._closeMessage = Buffer.from(TOO_SLOW);
    this.websocket.terminate();
  }

  /**
   * Has `'drain'` emitted, which the last callback of what waits can tell.
   *
   * @param {Function} [cb] The callback of a send
   * @return {(Function|undefined)} The callback to use
   */
  watch(cb) {
    if (!this.exceeded) return cb;

    return (err) => {
      if (cb) cb(err);
      this.announceDrain();
    };
  }

  announceDrain() {
    const { websocket } = this;

    if (!this.exceeded || websocket.readyState !== OPEN) return;

    const waiting = websocket.bufferedAmount;

    if (waiting > this.limit / 2) return;

    this.exceeded = false;
    this.atMost = waiting;
    websocket.emit('drain');
  }
}

/**
 * Checks the options of a client or a server that belong together here.
 *
 * @param {Object} options The options; `maxBackpressure` is made a number
 * @throws {TypeError} If one of them is of the wrong type
 * @throws {RangeError} If the limit is negative or not finite
 */
function resolveBackpressure(options) {
  const { backpressurePolicy: policy } = options;

  if (policy !== undefined && !POLICIES.includes(policy)) {
    throw new TypeError(
      'The "backpressurePolicy" option must be one of ' +
        `${POLICIES.map((name) => `"${name}"`).join(', ')}. ` +
        `Received ${inspect(policy)}`
    );
  }

  options.maxBackpressure = resolveLimit(
    'maxBackpressure',
    options.maxBackpressure,
    'bytes'
  );
}

function limitError(limit) {
  return Object.assign(
    new Error(
      `The peer reads too slowly: more than ${limit} bytes would wait for it`
    ),
    { code: 'WS_ERR_MAX_BACKPRESSURE' }
  );
}

/**
 * @param {*} data A payload as `send()` takes it
 * @param {Number} perUnit What to count for a code unit of a string; 0 to
 *     find out
 * @return {Number} Its bytes; something near if it is no bytes yet
 */
function byteLength(data, perUnit) {
  if (typeof data === 'string') {
    return perUnit ? data.length * perUnit : Buffer.byteLength(data);
  }

  if (!data) return 0;
  if (isBlob(data)) return data.size;
  return data.byteLength || data.length || 0;
}

module.exports = { Backpressure, resolveBackpressure };
