'use strict';

const { types } = require('util');

const { frame, toBuffer } = require('./frame');
const { EMPTY_BUFFER, NOOP } = require('./constants');
const FrameParser = require('./frame-parser');
const FrameWriter = require('./frame-writer');
const { binding, reserveNumber, SEND } = require('./native');
const nativeOptions = require('./native-options');
const { isBlob, isValidStatusCode } = require('./validation');

const OPCODE = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };

/** Longest payload of a control frame (RFC 6455, section 5.5). */
const CONTROL_MAX = 125;

/**
 * Sends messages and control frames over a transport. What has to wait for a
 * Blob to be read waits here; everything else goes straight on.
 */
class Sender {
  /**
   * @param {Duplex} socket The connection
   * @param {Object} [extensions] The negotiated extensions
   * @param {Function} [generateMask] Fills a Buffer with a masking key
   * @param {Object} [transport] What sends over the connection; by default the
   *     frames are written to it
   */
  constructor(socket, extensions, generateMask, transport = undefined) {
    this._extensions = extensions || {};
    this._transport = transport;
    this._socket = socket;
    this._generateMask = generateMask;
    this._bufferedBytes = 0;

    /** Sends that wait for a Blob; `null` while none is read. */
    this._queue = null;
    this.onerror = NOOP;
  }

  /**
   * Sends a close frame.
   *
   * @param {Number} [code] The status code
   * @param {(String|Buffer)} [data] The reason
   * @param {Boolean} [mask] Whether to mask the frame
   * @param {Function} [cb] Called when it was written
   * @throws {TypeError} If the code may not be sent, or the reason is neither a
   *     string nor a Uint8Array
   * @throws {RangeError} If the reason is longer than 123 bytes
   */
  close(code, data, mask, cb) {
    this.enqueue(closePayload(code, data), OPCODE.CLOSE | SEND.FIN, mask, cb);
  }

  /**
   * Sends a ping.
   *
   * @param {*} data The payload
   * @param {Boolean} [mask] Whether to mask the frame
   * @param {Function} [cb] Called when it was written
   * @throws {RangeError} If the payload is longer than 125 bytes
   */
  ping(data, mask, cb) {
    this.enqueue(controlPayload(data), OPCODE.PING | SEND.FIN, mask, cb);
  }

  /**
   * Sends a pong.
   *
   * @param {*} data The payload
   * @param {Boolean} [mask] Whether to mask the frame
   * @param {Function} [cb] Called when it was written
   * @throws {RangeError} If the payload is longer than 125 bytes
   */
  pong(data, mask, cb) {
    this.enqueue(controlPayload(data), OPCODE.PONG | SEND.FIN, mask, cb);
  }

  /**
   * Sends a message or a fragment of one.
   *
   * @param {*} data The payload
   * @param {Object} options What kind of message
   * @param {Boolean} [options.binary=false] Binary instead of text
   * @param {Boolean} [options.compress=false] Whether to compress
   * @param {Boolean} [options.fin=false] Whether it is the last fragment
   * @param {Boolean} [options.mask=false] Whether to mask the frame
   * @param {Function} [cb] Called when it was written
   */
  send(data, options, cb) {
    let word = options.binary ? OPCODE.BINARY : OPCODE.TEXT;

    if (options.fin) word |= SEND.FIN;
    if (options.compress) word |= SEND.COMPRESS;

    if (typeof data !== 'string' && !isBlob(data)) data = toBuffer(data);

    this.enqueue(data, word, options.mask, cb);
  }

  /**
   * Sends bytes that are framed already.
   *
   * @param {(Buffer|String)[]} list The bytes
   * @param {Function} [cb] Called when they were written
   */
  sendFrame(list, cb) {
    this.transport().sendFrame(list, cb);
  }

  /**
   * Sends a payload when it is its turn.
   *
   * @param {(Buffer|String|Blob)} data The payload
   * @param {Number} word Bits of `SEND`
   * @param {Boolean} mask Whether to mask the frame
   * @param {Function} [cb] Called when it was written
   */
  enqueue(data, word, mask, cb) {
    if (this._queue) {
      this._bufferedBytes += byteLength(data);
      this._queue.push({ data, word, mask, cb });
    } else if (typeof data !== 'string' && isBlob(data)) {
      this.readBlob(data, word, mask, cb);
    } else {
      this.dispatch(data, word, mask, cb);
    }
  }

  dispatch(data, word, mask, cb) {
    let key;

    if (mask) {
      word |= SEND.MASK;

      if (this._generateMask) {
        word |= SEND.KEY;
        key = Buffer.alloc(4);
        this._generateMask(key);
      }
    }

    this.transport().send(data, word, key, cb);
  }

  /** What sends. A sender of its own may be made before the negotiation. */
  transport() {
    if (!this._transport) {
      this._transport = writerOf(this._socket, this._extensions);
    }

    return this._transport;
  }

  /** Reads a Blob; everything behind it waits. */
  readBlob(blob, word, mask, cb) {
    this._bufferedBytes += blob.size;
    this._queue = this._queue || [];

    blob.arrayBuffer().then(
      (data) => this.blobRead(blob, Buffer.from(data), word, mask, cb),
      // In the next tick, where an error thrown by a callback is an uncaught
      // exception and not an unhandled rejection.
      (err) => process.nextTick(() => this.fail(err, cb, true))
    );
  }

  blobRead(blob, data, word, mask, cb) {
    if (this._socket.destroyed) {
      const err = new Error(
        'The socket was closed while the blob was being read'
      );

      process.nextTick(() => this.fail(err, cb, false));
      return;
    }

    this._bufferedBytes -= blob.size;
    this.dispatch(data, word, mask, cb);
    this.dequeue();
  }

  dequeue() {
    const queue = this._queue;

    this._queue = null;

    while (queue.length) {
      const { data, word, mask, cb } = queue.shift();

      this._bufferedBytes -= byteLength(data);
      this.enqueue(data, word, mask, cb);

      // Another Blob: the rest waits behind it.
      if (this._queue) {
        this._queue = queue;
        return;
      }
    }
  }

  /**
   * Calls the callbacks of everything that will not be sent any more.
   *
   * @param {Error} err The error
   * @param {Function} [cb] The callback of the send that failed
   * @param {Boolean} report Whether the owner has to be told
   */
  fail(err, cb, report) {
    if (cb) cb(err);
    for (const waiting of this._queue) {
      if (waiting.cb) waiting.cb(err);
    }
    if (report) this.onerror(err);
  }

  /**
   * Frames a payload.
   *
   * @param {(Buffer|String)} data The payload
   * @param {Object} options Options of the frame
   * @return {(Buffer|String)[]} The frame
   */
  static frame(data, options) {
    return frame(data, options);
  }
}

module.exports = Sender;

/** Gives the native side of writers back that are not needed any more. */
const dropped = new FinalizationRegistry(FrameParser.dispose);

/** Frames for a socket that no WebSocket owns. */
function writerOf(socket, extensions) {
  const number = reserveNumber();
  const options = nativeOptions({}, extensions);
  const writer = new FrameWriter(socket, number, options, false);

  binding.openStream(number, options);
  dropped.register(writer, number);

  return writer;
}

function byteLength(data) {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isBlob(data) ? data.size : data.length;
}

/**
 * @param {*} data The payload of a ping or pong
 * @return {(Buffer|Blob|String)} The payload as it can be sent
 */
function controlPayload(data) {
  if (typeof data !== 'string' && !isBlob(data)) data = toBuffer(data);

  if (byteLength(data) > CONTROL_MAX) {
    throw new RangeError('The data size must not be greater than 125 bytes');
  }

  return data;
}

/**
 * @param {Number} [code] A status code
 * @param {(String|Uint8Array)} [data] A reason
 * @return {Buffer} The payload of the close frame (RFC 6455, section 5.5.1)
 */
function closePayload(code, data) {
  if (code === undefined) return EMPTY_BUFFER;

  if (typeof code !== 'number' || !isValidStatusCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }

  const empty = data === undefined || !data.length;
  const length = empty ? 0 : Buffer.byteLength(data);

  if (length > CONTROL_MAX - 2) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }

  const payload = Buffer.alloc(2 + length);

  payload.writeUInt16BE(code);

  if (typeof data === 'string') payload.write(data, 2);
  else if (!empty && types.isUint8Array(data)) payload.set(data, 2);
  else if (!empty) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }

  return payload;
}
