'use strict';

const emitMessage = require('./emit-message');
const { createError } = require('./errors');
const { KIND } = require('./native');

/**
 * Between the bytes of a connection and the events of its owner (a WebSocket or
 * a `Receiver`): puts received payloads into the form the user wants and emits
 * them, now or, if the owner is paused or wants one event a turn, later.
 */
class Transport {
  /**
   * @param {EventEmitter} owner Who emits `'message'`, `'ping'` and `'pong'`
   * @param {Object} options Options of `setSocket()`
   * @param {Object} handlers What else can happen: functions `ping(owner,
   *     data, answered)`, `pong(owner, data)`, `close(owner, code, reason)` and
   *     `error(owner, err, slow, late)`, where `slow` tells that compressed
   *     messages came with it, and `late` that parsing had waited for the turn
   *     of an event
   */
  constructor(owner, options, handlers) {
    this.owner = owner;
    this.handlers = handlers;
    this.synchronous = options.allowSynchronousEvents !== false;

    this.hearsPings = true;

    /** Events that wait, oldest first; `null` if none do. */
    this.held = null;

    /** Called when nothing is held any more, after the connection's end. */
    this.onEmpty = null;

    /** An immediate that emits the next held event is pending. */
    this.stepping = false;
  }

  /**
   * Emits a received frame or message, or holds it.
   *
   * @param {Number} kind The opcode
   * @param {Buffer} payload The payload
   * @param {Number} index The record's place in its page
   * @param {Number} code The status code of a close frame
   */
  deliver(kind, payload, index, code) {
    if (kind === KIND.BYTES) {
      this.socket.emit('data', payload);
      return;
    }

    if (this.synchronous && this.held === null && !this.mustHold()) {
      if (kind === KIND.TEXT) emitMessage(this.owner, payload, false);
      else this.emitEvent(kind, this.convert(kind, payload, index), code);
    } else {
      this.hold({ kind, payload, ends: this.endsOf(kind, index), code });
    }
  }

  /**
   * Reports that the peer broke the protocol.
   *
   * @param {Number} kind `KIND.PROTOCOL_ERROR` or `KIND.LATE_PROTOCOL_ERROR`
   * @param {Number} number The error's number
   * @param {Number} detail The number in its message
   */
  deliverError(kind, number, detail) {
    const err = createError(number, detail);
    const slow = kind === KIND.LATE_PROTOCOL_ERROR;

    if (this.held === null && !this.mustHold()) {
      this.handlers.error(this.owner, err, slow, false);
    } else {
      this.hold({ kind: KIND.PROTOCOL_ERROR, err, slow });
    }
  }

  emitEvent(kind, data, code) {
    if (kind === KIND.BINARY) emitMessage(this.owner, data, true);
    else if (kind === KIND.TEXT) emitMessage(this.owner, data, false);
    else if (kind === KIND.PING) this.emitPing(data, code !== 0);
    else if (kind === KIND.PONG) this.handlers.pong(this.owner, data);
    else this.handlers.close(this.owner, code, data);
  }

  /** A lane answers pings itself, and says so in the place of a code. */
  emitPing(data, answered) {
    if (this.hearsPings) this.handlers.ping(this.owner, data, answered);
  }

  /** The binary type counts as soon as it is an event's turn. */
  prepare(event) {
    if (event.ends)
      event.payload = this.toBinaryType(event.payload, event.ends);
    event.ends = null;
  }

  /**
   * Emits an event that was held.
   *
   * @param {Object} event The event; its `page` says what it was received with
   * @param {Object} [before] The event that was emitted just before
   */
  emitHeld(event, before) {
    const { err, kind, code } = event;

    if (err) {
      // What is left at the connection's end is parsed as a whole.
      const together = this.onEmpty !== null || before?.page === event.page;

      const late = before !== undefined && together;

      this.handlers.error(this.owner, err, event.slow, late);
    } else {
      this.prepare(event);
      this.emitEvent(kind, event.payload, code);
    }
  }

  convert(kind, payload, index) {
    if (kind !== KIND.BINARY || this.owner._binaryType === 'nodebuffer') {
      return payload;
    }

    return this.toBinaryType(payload, this.endsOf(kind, index));
  }

  /** Where a binary message's fragments end, if that will be asked for. */
  endsOf(kind, index) {
    return kind === KIND.BINARY ? this.fragmentEnds(index) : null;
  }

  /**
   * @param {Buffer} payload The payload of a binary message
   * @param {Number[]} ends Where its fragments end; empty for a single one
   * @return {(Buffer|ArrayBuffer|Blob|Buffer[])} What the user gets
   */
  toBinaryType(payload, ends) {
    switch (this.owner._binaryType) {
      case 'arraybuffer':
        return toArrayBuffer(payload);
      case 'blob':
        return new Blob([payload]);
      case 'fragments':
        return split(payload, ends);
      default:
        return payload;
    }
  }

  hold(event) {
    if (this.held === null) {
      this.held = [];
      this.throttle(true);
    }

    this.held.push(event);

    if (!this.synchronous && !this.stepping && !this.mustHold()) this.step();
  }

  /** Emits the next held event in a turn of its own. */
  step() {
    this.stepping = true;
    this.prepare(this.held[0]);
    setImmediate(() => {
      this.stepping = false;
      if (this.held === null) return;

      const first = this.held.shift();

      try {
        this.emitHeld(first);
        // Only messages, pings and pongs get a turn of their own.
        while (this.held.length && this.held[0].kind === KIND.PROTOCOL_ERROR) {
          this.emitHeld(this.held.shift(), first);
        }
        while (this.held.length && this.held[0].kind === KIND.CLOSE) {
          this.emitHeld(this.held.shift());
        }
      } finally {
        if (this.held.length) this.step();
        else this.emptied();
      }
    });
  }

  /** Emits everything that is held, after a pause. */
  release() {
    if (this.held === null || this.stepping) return;

    if (!this.synchronous) {
      this.step();
      return;
    }

    let thrown = true;

    try {
      while (this.held.length && !this.mustStay(this.held[0])) {
        this.emitHeld(this.held.shift());
      }
      thrown = false;
    } finally {
      if (this.held.length === 0) this.emptied();
      else if (thrown) setImmediate(() => this.release());
    }
  }

  /** Whether a held event has to wait for the next `resume()`. */
  mustStay() {
    return false;
  }

  emptied() {
    const { onEmpty } = this;

    this.held = null;
    this.throttle(false);

    if (onEmpty) {
      this.onEmpty = null;
      onEmpty();
    }
  }

  /**
   * Calls a function when everything received was delivered; at once if that
   * is so. The connection is over, so a pause has no meaning any more.
   *
   * @param {Function} callback The function
   */
  whenDelivered(callback) {
    if (this.held === null) {
      callback();
    } else {
      this.onEmpty = callback;
      this.release();
    }
  }

  /**
   * Makes the owner deaf to pings, so that they are not answered. Some users of
   * ws know no other way.
   *
   * @param {String} event The event
   */
  removeAllListeners(event) {
    if (event !== undefined && event !== 'ping') return;

    this.hearsPings = false;
    this.stopAnswering();
  }

  /** Leaves all further pings to JS. Only lanes answer any. */
  stopAnswering() {}
}

/**
 * @param {Buffer} payload A payload
 * @return {ArrayBuffer} An ArrayBuffer with exactly its bytes
 */
function toArrayBuffer(payload) {
  const { buffer, byteOffset, byteLength } = payload;

  if (byteLength === buffer.byteLength) return buffer;
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/**
 * @param {Buffer} payload A payload
 * @param {Number[]} ends Where its fragments end; empty for a single one
 * @return {Buffer[]} One Buffer a fragment
 */
function split(payload, ends) {
  if (payload.length === 0) return [];
  if (ends.length === 0) return [payload];

  return ends.map((end, i) => payload.subarray(i ? ends[i - 1] : 0, end));
}

module.exports = Transport;
