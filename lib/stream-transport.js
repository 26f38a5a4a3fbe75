'use strict';

const { EMPTY_BUFFER } = require('./constants');
const { beatLater } = require('./heartbeat');
const native = require('./native');
const Transport = require('./transport');

const { binding, KIND, SEND } = native;

const FastBuffer = Buffer[Symbol.species];

/** Flag in a record's second word: the payload is not in the chunk. */
const APART = 0x100;

const PAGE_RECORDS = 256;

/** Longest header of a frame, in bytes (RFC 6455, section 5.2). */
const HEADER_MAX = 14;

/** A payload from this length on is not copied if it can be sent as it is. */
const UNCOPIED_BYTES = 4096;

/**
 * A chunk up to this length may be kept in memory by a message that is a small
 * part of it; out of a larger one, small messages are copied.
 */
const PINNED_BYTES = 16 * 1024;

/** Pages for `receive()`, one a level of nested calls. */
const pages = [];
let depth = 0;

/**
 * A connection over any `Duplex`: its bytes are read and written by Node, and
 * the native engine parses and frames them on this thread.
 */
class StreamTransport extends Transport {
  /**
   * @param {EventEmitter} owner Who emits what is received
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received on it already
   * @param {Object} options Options of `setSocket()`
   * @param {Object} handlers See `Transport`
   */
  constructor(owner, socket, head, options, handlers) {
    super(owner, socket, options, handlers);

    this.number = native.reserveNumber();
    this.corked = false;
    this.autoPong = true;

    /** Chunks that came while a listener was being called; `null` outside. */
    this.chunks = null;

    binding.openStream(this.number, options.native);

    if (head.length > 0) socket.unshift(head);

    this.onData = (chunk) => this.receive(chunk);
    this.destroySocket = socket.destroy;
    socket.destroy = destroy;
    socket[kTransport] = this;
    socket.on('data', this.onData);
    socket.once('close', () => this.closed());

    if (options.heartbeat) beatLater(this, options.heartbeat.interval);
  }

  // --- Sending ---

  get bufferedAmount() {
    this.uncork();
    return this.socket.writableLength;
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

  /** Collects what one tick sends, so that the socket writes it at once. */
  cork() {
    if (this.corked || !this.socket.cork) return;

    this.corked = true;
    this.socket.cork();
    process.nextTick(uncork, this);
  }

  uncork() {
    if (!this.corked) return;

    this.corked = false;
    this.socket.uncork();
  }

  // --- Receiving ---

  mustHold() {
    return false;
  }

  fragmentEnds(index) {
    return binding.streamFragmentEnds(this.number, index);
  }

  setAutoPong(answer) {
    this.autoPong = answer;
  }

  throttle(wait) {
    if (wait) this.socket.pause();
    else if (!this.owner.isPaused) this.socket.resume();
  }

  /**
   * Parses what the socket has read.
   *
   * @param {Buffer} chunk The bytes; they are unmasked in place
   */
  receive(chunk) {
    if (this.chunks) {
      this.chunks.push(chunk);
      return;
    }

    this.chunks = [chunk];

    try {
      while (this.chunks.length) this.parse(this.chunks.shift());
    } finally {
      this.chunks = null;
    }
  }

  parse(chunk) {
    const page = pages[depth] || (pages[depth] = new Uint32Array(4 * PAGE_RECORDS));

    depth++;

    try {
      let count = binding.receive(this.number, chunk, page);

      while (count > 0) {
        for (let i = 0; i < count; i++) this.handleRecord(page, i, chunk);
        if (count < PAGE_RECORDS) break;
        count = binding.receiveMore(this.number, page);
      }
    } finally {
      depth--;
    }
  }

  handleRecord(page, index, chunk) {
    const word = page[4 * index + 1];
    const kind = word & 0xff;
    const value = page[4 * index + 2];
    const length = page[4 * index + 3];

    if (kind === KIND.PROTOCOL_ERROR) {
      this.deliverError(value, length);
      return;
    }

    let payload = EMPTY_BUFFER;

    if (word & APART) {
      payload = Buffer.allocUnsafeSlow(length);
      binding.takeStreamPayload(this.number, index, payload);
    } else if (length > 0) {
      payload = sliceOf(chunk, value, length);
    }

    this.deliver(kind, payload, index, word >>> 16);
  }

  /** Stops listening for data: all that follows is of no interest. */
  stopReading() {
    this.socket.removeListener('data', this.onData);
  }

  closed() {
    binding.closeStream(this.number);
    native.release(this.number);
  }

  /**
   * Sends a ping of the heartbeat if it is time.
   *
   * @return {Number} Milliseconds until the next look; -1 for never
   */
  beat() {
    if (this.socket.destroyed) return -1;

    const frame = Buffer.alloc(HEADER_MAX);
    const delay = binding.beatStream(this.number, frame);

    if (delay < 0) {
      this.handlers.heartbeatTimeout(this.owner);
    } else if (frame[0] !== 0 && this.handlers.isOpen(this.owner)) {
      this.socket.write(frame.subarray(0, frame[1] & 0x80 ? 6 : 2));
    }

    return delay;
  }
}

const kTransport = Symbol('kTransport');

module.exports = StreamTransport;

/**
 * What was sent in this tick goes out before the end, as if it had been written
 * at once.
 *
 * @this Duplex
 */
function destroy(...args) {
  const transport = this[kTransport];

  transport.uncork();
  return transport.destroySocket.apply(this, args);
}

function uncork(transport) {
  transport.uncork();
}

function sliceOf(chunk, offset, length) {
  const slice = new FastBuffer(chunk.buffer, chunk.byteOffset + offset, length);

  if (chunk.length <= PINNED_BYTES || length >= chunk.length >>> 2) return slice;
  return Buffer.from(slice);
}
