'use strict';

const { once } = require('events');

const {
  OPCODES,
  closePayload,
  decodeFrames,
  describeFrame,
  encodeFrame
} = require('./frames');

/**
 * The other end of a connection, with no WebSocket implementation in it: it
 * writes the bytes it is told to and keeps those it gets.
 */
class RawPeer {
  /**
   * @param {stream.Duplex} socket The socket; half-open ones are ended when the
   *     other side ends, unless `holdsOpen` is set
   * @param {Boolean} masks Whether `send()` and its like mask
   */
  constructor(socket, masks) {
    this.closed = false;
    this.ended = false;
    this.error = null;
    this.holdsOpen = false;
    this.masks = masks;
    this.socket = socket;
    this._chunks = [];
    this._waiting = new Set();

    socket.on('data', (chunk) => {
      this._chunks.push(chunk);
      this._wake();
    });
    socket.on('end', () => {
      this.ended = true;
      if (!this.holdsOpen) socket.end();
      this._wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.closed = true;
      this._wake();
    });
  }

  /**
   * The bytes received and not taken yet. They are joined only when looked at:
   * some scenarios receive many megabytes.
   *
   * @type {Buffer}
   */
  get bytes() {
    if (this._chunks.length !== 1) this.bytes = Buffer.concat(this._chunks);
    return this._chunks[0];
  }

  set bytes(bytes) {
    this._chunks = [bytes];
  }

  _wake() {
    for (const check of this._waiting) check();
  }

  /**
   * Waits until a condition holds. It is looked at whenever something arrives.
   *
   * @param {Function} condition Returns something truthy if it holds
   * @return {Promise<*>} What the condition returned
   */
  until(condition) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const result = condition();

        if (result) {
          this._waiting.delete(check);
          resolve(result);
        } else if (this.closed) {
          this._waiting.delete(check);
          reject(
            this.error || new Error('The connection closed before it happened')
          );
        }
      };

      this._waiting.add(check);
      check();
    });
  }

  /**
   * Waits for an HTTP head and takes it off the bytes received.
   *
   * @return {Promise<String[]>} Its lines
   */
  async head() {
    const end = await this.until(() => this.bytes.indexOf('\r\n\r\n') + 1);
    const lines = this.bytes.toString('latin1', 0, end - 1).split('\r\n');

    this.bytes = this.bytes.subarray(end + 3);
    return lines;
  }

  /**
   * Waits for frames and takes them off the bytes received.
   *
   * @param {Number} count How many
   * @return {Promise<Object[]>} The decoded frames
   */
  async frames(count) {
    await this.until(() => decodeFrames(this.bytes).frames.length >= count);

    const frames = decodeFrames(this.bytes).frames.slice(0, count);
    const size = frames.reduce((sum, frame) => sum + frame.size, 0);

    this.bytes = this.bytes.subarray(size);
    return frames;
  }

  /**
   * Waits for the end of the stream and takes everything.
   *
   * @return {Promise<String[]>} The frames in words, bytes that are no frame,
   *     and how the stream ended
   */
  async rest() {
    await this.until(() => this.ended || this.closed);

    const { frames, rest } = decodeFrames(this.bytes);
    const lines = frames.map(describeFrame);

    if (rest.length) lines.push(`incomplete ${rest.toString('hex')}`);
    lines.push(
      this.ended ? 'end' : `broken off ${this.error && this.error.code}`
    );
    this.bytes = Buffer.alloc(0);
    return lines;
  }

  /**
   * Builds a frame as this side has to, masked if it is the client.
   *
   * @param {Number} opcode The opcode
   * @param {(Buffer|String)} [payload] The payload
   * @param {Object} [options] Further options of `encodeFrame()`
   * @return {Buffer} The frame
   */
  frame(opcode, payload, options) {
    return encodeFrame({ opcode, payload, masked: this.masks, ...options });
  }

  /**
   * @param {Number} [code] The status code, if any
   * @param {(Buffer|String)} [reason] The reason
   * @return {Buffer} A close frame
   */
  closeFrame(code, reason) {
    return this.frame(
      OPCODES.CLOSE,
      code === undefined ? '' : closePayload(code, reason)
    );
  }

  /**
   * Writes bytes in one go.
   *
   * @param {...Buffer} chunks The bytes
   */
  write(...chunks) {
    this.socket.write(Buffer.concat(chunks));
  }

  /**
   * Sends one frame.
   *
   * @param {Number} opcode The opcode
   * @param {(Buffer|String)} [payload] The payload
   * @param {Object} [options] Further options of `encodeFrame()`
   */
  send(opcode, payload, options) {
    this.write(this.frame(opcode, payload, options));
  }

  /**
   * Writes bytes in pieces, each in a turn of the event loop of its own and
   * only after the one before has left.
   *
   * @param {Buffer} bytes The bytes
   * @param {Number[]} cuts Where to cut
   */
  async writeCut(bytes, cuts) {
    let start = 0;

    for (const cut of [...cuts, bytes.length]) {
      if (this.socket.writableEnded || this.socket.destroyed) return;
      await new Promise((resolve) => {
        this.socket.write(bytes.subarray(start, cut), () => {
          setImmediate(resolve);
        });
      });
      start = cut;
    }
  }

  /**
   * Writes bytes one by one.
   *
   * @param {Buffer} bytes The bytes
   */
  writeBytewise(bytes) {
    return this.writeCut(
      bytes,
      Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)
    );
  }

  /** Resets the connection. */
  reset() {
    this.socket.resetAndDestroy();
  }

  /** Waits until the socket is closed. */
  async whenClosed() {
    if (!this.closed) await once(this.socket, 'close');
  }
}

module.exports = { RawPeer };
