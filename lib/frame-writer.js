'use strict';

const { keepContext } = require('./async-context');
const { CLOSED_WHILE_COMPRESSING, HEADER_MAX } = require('./constants');
const { addToRun, endRun } = require('./frame-run');
const { binding, SEND } = require('./native');
const { isSmall } = require('./staging');
const { nextTick, setImmediate } = require('./turns');

/** From this length on, a payload is compressed on another thread. */
const LONG_BYTES = 32 * 1024;

/** Writes frames to a stream. What one tick sends is written at once. */
class FrameWriter {
  /**
   * @param {Duplex} socket Where to write
   * @param {Number} number Whose native side frames the payloads
   * @param {Object} options The options of that native side
   * @param {Boolean} watched Whether `stream-socket.js` watches the socket, so
   *     that small frames can be collected
   */
  constructor(socket, number, { deflate }, watched) {
    this.socket = socket;
    this.number = number;
    this.watched = watched;

    /** What is written waits for `flush()`. */
    this.collecting = false;

    /** The socket is corked until then. */
    this.corked = false;

    /** Messages with fewer bytes are not compressed. */
    this.threshold =
      deflate && !deflate.sendContextTakeover ? deflate.threshold : 0;

    /** Of the message whose first fragment was sent: `SEND.COMPRESS`, 0 or `null`. */
    this.compressing = null;

    /** What waits for the end of the turn, oldest first. */
    this.waiting = [];

    /** Bytes that waited when the socket was closed. */
    this.abandonedBytes = 0;
  }

  /** Bytes that wait to be compressed, and behind such, if only in vain. */
  get waitingBytes() {
    return this.waiting.reduce(
      (sum, { length }) => sum + length,
      this.abandonedBytes
    );
  }

  /**
   * Sends a message, fragment or control frame.
   *
   * @param {(Buffer|String)} data The payload
   * @param {Number} word Bits of `SEND`
   * @param {Buffer} [key] The masking key
   * @param {Function} [cb] Called when the socket has written it
   */
  send(data, word, key, cb) {
    if (cb) cb = isolated(keepContext(cb));

    word = this.decideCompression(word, data);

    if (word & SEND.COMPRESS || this.waiting.length) {
      // A copy: by the end of the tick, the user may have changed it.
      const copy = Buffer.from(data);

      const isLong = word & SEND.COMPRESS && copy.length >= LONG_BYTES;

      this.wait(
        copy.length,
        cb,
        isLong
          ? () => this.writeLater(copy, word, key, cb)
          : () => this.write(copy, word, key, cb)
      );
    } else {
      this.write(data, word, key, cb);
    }
  }

  /** The first fragment decides for its message (RFC 7692, section 6.1). */
  decideCompression(word, data) {
    if ((word & SEND.OPCODE) >= SEND.CONTROL) return word;

    const { compressing } = this;

    if (compressing !== null) {
      word = (word & ~SEND.COMPRESS) | compressing;
    } else if (word & SEND.COMPRESS && this.threshold > 0) {
      if (Buffer.byteLength(data) < this.threshold) word &= ~SEND.COMPRESS;
    }

    this.compressing = word & SEND.FIN ? null : word & SEND.COMPRESS;
    return word;
  }

  write(data, word, key, cb) {
    if (typeof data === 'string' && !isSmall(data)) data = Buffer.from(data);

    if (isSmall(data)) {
      this.collect();
      this.writeSmall(data, word, key, cb);
      return;
    }

    // A large frame is a write of its own.
    this.flush();

    if (word & (SEND.MASK | SEND.COMPRESS)) {
      this.socket.write(this.frame(data, word, key), cb);
    } else {
      this.writeFramed([this.header(data.length, word), data], cb);
    }
  }

  writeSmall(data, word, key, cb) {
    if (word & SEND.COMPRESS) {
      // The native side frames fragments in the order of the sends.
      endRun();
      this.cork();
      this.socket.write(this.frame(data, word, key), cb);
    } else {
      addToRun(this, data, word, key, cb);
      if (!this.watched) endRun();
    }
  }

  frame(data, word, key) {
    const { number } = this;
    const payload = key ? Buffer.concat([key, data]) : data;

    if (word & SEND.COMPRESS) {
      return binding.encodeCompressed(number, word, payload);
    }

    const frame = Buffer.allocUnsafe(data.length + HEADER_MAX);

    return frame.subarray(0, binding.encode(number, word, payload, frame));
  }

  /**
   * Compresses on another thread.
   *
   * @return {Promise} Fulfilled when it is written
   */
  async writeLater(data, word, key, cb) {
    endRun();

    const payload = key ? Buffer.concat([key, data]) : data;
    const frame = await binding.encodeLater(this.number, word, payload);

    if (!this.isOver()) this.socket.write(frame, cb);
  }

  header(length, word) {
    const header = Buffer.allocUnsafe(HEADER_MAX);

    return header.subarray(
      0,
      binding.encodeHeader(this.number, word, length, header)
    );
  }

  /**
   * Sends bytes that are framed already.
   *
   * @param {(Buffer|String)[]} list The bytes
   * @param {Function} [cb] Called when the socket has written them
   */
  sendFrame(list, cb) {
    const length = list.reduce((sum, bytes) => sum + bytes.length, 0);

    if (cb) cb = keepContext(cb);

    if (this.waiting.length) {
      this.wait(length, cb, () => this.writeFramed(list, cb));
    } else {
      this.collect();
      this.cork();
      this.writeFramed(list, cb);
    }
  }

  writeFramed(list, cb) {
    const { socket } = this;
    const last = list.length - 1;

    if (socket.cork) socket.cork();
    for (let i = 0; i < last; i++) socket.write(list[i]);
    socket.write(list[last], cb);
    if (socket.uncork) socket.uncork();
  }

  /**
   * Compresses later, as ws does, and lets nothing overtake. Until then, the end
   * of the connection is noticed if it has come: that is for the next poll for
   * events, and the first immediate comes before that.
   *
   * @param {Number} length Bytes that wait
   * @param {Function} [cb] Called with an error if it comes too late
   * @param {Function} write Writes them, or returns a promise to do so
   */
  wait(length, cb, write) {
    if (this.waiting.length === 0) {
      setImmediate(() => setImmediate(() => this.writeWaiting()));
    }

    this.waiting.push({ length, cb, write });
  }

  /** Writes until something has to be waited for: it stays first meanwhile. */
  writeWaiting() {
    while (this.waiting.length) {
      if (this.socket.destroyed) this.abandon();
      if (this.isOver()) return;

      this.collect();

      const pending = this.waiting[0].write();

      if (pending) {
        pending.then(
          () => this.writtenLater(),
          (err) => this.socket.destroy(err)
        );
        return;
      }

      this.waiting.shift();
    }
  }

  writtenLater() {
    if (!this.isOver()) this.waiting.shift();

    this.writeWaiting();
  }

  /** Whether there is nobody to compress for: what waits is abandoned at the close. */
  isOver() {
    const { socket, watched } = this;

    return socket.destroyed || (watched && socket.readableEnded);
  }

  /** Calls the callbacks of what waits: the socket is gone. */
  abandon() {
    const { waiting } = this;
    const err = new Error(CLOSED_WHILE_COMPRESSING);

    this.abandonedBytes = this.waitingBytes;
    this.waiting = [];
    for (const { cb } of waiting) if (cb) cb(err);
  }

  /** Collects what is written until the end of the tick. */
  collect() {
    if (this.startCollecting()) nextTick(flush, this);
  }

  /**
   * Collects what is written until `flush()` is called.
   *
   * @return {Boolean} Whether the caller has to: nobody else will
   */
  startCollecting() {
    if (this.collecting || !this.socket.cork) return false;

    this.collecting = true;
    return true;
  }

  /** Has the socket hold back what is written while more is collected. */
  cork() {
    if (this.corked || !this.collecting) return;

    this.corked = true;
    this.socket.cork();
  }

  /** Writes what was collected. */
  flush() {
    if (!this.collecting) return;

    this.collecting = false;
    endRun();

    if (this.corked) {
      this.corked = false;
      this.socket.uncork();
    }
  }
}

module.exports = FrameWriter;

/**
 * A stream calls the callbacks of what it has written at once in one loop, which
 * must not end because one of them throws.
 */
function isolated(callback) {
  return (err) => {
    try {
      callback(err);
    } catch (thrown) {
      nextTick(() => {
        throw thrown;
      });
    }
  };
}

function flush(writer) {
  writer.flush();
}
