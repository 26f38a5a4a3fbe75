'use strict';

const { binding, SEND } = require('./native');

/** Longest header of a frame, in bytes (RFC 6455, section 5.2). */
const HEADER_MAX = 14;

/** A payload from this length on is not copied if it can be sent as it is. */
const UNCOPIED_BYTES = 4096;

/** Writes frames to a stream. What one tick sends is written at once. */
class FrameWriter {
  /**
   * @param {Duplex} socket Where to write
   * @param {Number} number Whose native side frames the payloads
   */
  constructor(socket, number) {
    this.socket = socket;
    this.number = number;
    this.corked = false;
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
    if (typeof data === 'string') data = Buffer.from(data);

    this.cork();

    if (data.length >= UNCOPIED_BYTES && !(word & (SEND.MASK | SEND.COMPRESS))) {
      const header = Buffer.allocUnsafe(HEADER_MAX);
      const length = binding.encodeHeader(this.number, word, data.length, header);

      this.socket.write(header.subarray(0, length));
      this.socket.write(data, cb);
      return;
    }

    if (key) data = Buffer.concat([key, data]);

    const frame = Buffer.allocUnsafe(data.length + HEADER_MAX);
    const length = binding.encode(this.number, word, data, frame);

    this.socket.write(frame.subarray(0, length), cb);
  }

  /**
   * Sends bytes that are framed already.
   *
   * @param {(Buffer|String)[]} list The bytes
   * @param {Function} [cb] Called when the socket has written them
   */
  sendFrame(list, cb) {
    const last = list.length - 1;

    this.cork();
    for (let i = 0; i < last; i++) this.socket.write(list[i]);
    this.socket.write(list[last], cb);
  }

  /** Collects what is written until the end of the tick. */
  cork() {
    if (this.corked || !this.socket.cork) return;

    this.corked = true;
    this.socket.cork();
    process.nextTick(uncork, this);
  }

  /** Writes what was collected. */
  uncork() {
    if (!this.corked) return;

    this.corked = false;
    this.socket.uncork();
  }
}

module.exports = FrameWriter;

function uncork(writer) {
  writer.uncork();
}
