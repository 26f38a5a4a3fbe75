'use strict';

const { EMPTY_BUFFER } = require('./constants');
const native = require('./native');
const Transport = require('./transport');
const { nextTick, setImmediate } = require('./turns');

const { binding, KIND } = native;

const FastBuffer = Buffer[Symbol.species];

/** Flag in a record's second word: the payload is not in the chunk. */
const APART = 0x100;

const PAGE_RECORDS = 256;
const RECORD_WORDS = 4;

/** What `receive()` says of a chunk that `receiveLater()` has to parse. */
const LATER = 0xffffffff;

/**
 * A chunk up to this length may be kept in memory by a message that is a small
 * part of it; out of a larger one, small messages are copied.
 */
const PINNED_BYTES = 16 * 1024;

/** Pages for `receive()`, one a level of nested calls. */
const pages = [];
let depth = 0;

/**
 * Parses chunks of bytes: on this thread, unless there is so much to decompress
 * that it would be held up.
 */
class FrameParser extends Transport {
  /**
   * @param {EventEmitter} owner Who emits what is received
   * @param {Object} options Options of `setSocket()`, with those of the native
   *     side in `native`
   * @param {Object} handlers See `Transport`
   */
  constructor(owner, options, handlers) {
    super(owner, options, handlers);

    this.number = native.reserveNumber();

    /** Chunks that came while a listener was being called; `null` outside. */
    this.chunks = null;

    /** How many chunks were parsed. */
    this.chunksParsed = 0;

    /** Another thread parses a chunk. */
    this.inflating = false;

    /** Called when everything that was received is parsed. */
    this.onParsed = null;

    binding.openStream(this.number, options.native);
  }

  mustHold() {
    return false;
  }

  hold(event) {
    event.page = this.chunksParsed;
    super.hold(event);
  }

  fragmentEnds(index) {
    return binding.streamFragmentEnds(this.number, index);
  }

  /**
   * Parses the next bytes of the connection.
   *
   * @param {Buffer} chunk The bytes; they are unmasked in place
   */
  receive(chunk) {
    if (this.chunks) {
      this.chunks.push(chunk);
      return;
    }

    this.chunks = [chunk];
    this.parseChunks();
  }

  parseChunks() {
    let thrown = true;

    try {
      while (!this.inflating && this.chunks.length) {
        this.parse(this.chunks.shift(), binding.receive);
      }
      thrown = false;
    } finally {
      if (!this.inflating) this.endChunks(thrown);
    }
  }

  endChunks(thrown) {
    if (thrown && this.chunks.length) {
      setImmediate(() => this.parseChunks());
    } else {
      this.chunks = null;
      this.parsed();
    }
  }

  /**
   * Delivers what a chunk holds.
   *
   * @param {Buffer} chunk The bytes
   * @param {Function} receive Tells the first events
   */
  parse(chunk, receive) {
    const page = pages[depth] || (pages[depth] = newPage());
    const thrown = [];

    this.chunksParsed++;
    depth++;

    let count = receive(this.number, chunk, page);

    if (count === LATER) {
      this.inflate(chunk);
      count = 0;
    }

    while (count > 0) {
      this.handlePage(page, count, chunk, thrown);
      if (count < PAGE_RECORDS) break;
      count = binding.receiveMore(this.number, page);
    }

    depth--;
    if (thrown.length) throw thrown[0];
  }

  /** Has a chunk parsed by another thread; what follows waits. */
  inflate(chunk) {
    this.inflating = true;
    binding.receiveLater(this.number, chunk).then(() => {
      // Outside of the promise, where a listener may throw.
      nextTick(() => this.inflated(chunk));
    });
  }

  inflated(chunk) {
    this.inflating = false;

    try {
      this.parse(chunk, binding.receiveInflated);
    } finally {
      this.parseChunks();
    }
  }

  parsed() {
    const { onParsed } = this;

    if (this.held === null) this.throttle(false);

    if (onParsed) {
      this.onParsed = null;
      this.whenDelivered(onParsed);
    }
  }

  whenDelivered(callback) {
    if (this.chunks !== null) this.onParsed = callback;
    else super.whenDelivered(callback);
  }

  /** If a listener throws, what is behind is delivered in a later turn. */
  handlePage(page, count, chunk, thrown) {
    for (let i = 0; i < count; i++) {
      try {
        this.handleRecord(page, i, chunk);
      } catch (err) {
        thrown.push(err);
        this.held = this.held || [];
        setImmediate(() => this.release());
      }
    }
  }

  handleRecord(page, index, chunk) {
    const word = page[RECORD_WORDS * index + 1];
    const kind = word & 0xff;
    const value = page[RECORD_WORDS * index + 2];
    const length = page[RECORD_WORDS * index + 3];

    if (kind === KIND.PROTOCOL_ERROR || kind === KIND.LATE_PROTOCOL_ERROR) {
      this.deliverError(kind, value, length);
      return;
    }

    if (kind === KIND.REST) {
      this.chunks.unshift(chunk.subarray(value));
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

  /** Slows the source down while events are held; there is none here. */
  throttle() {}

  /**
   * Gives the native side of a parser back.
   *
   * @param {Number} number The parser's number
   */
  static dispose(number) {
    binding.closeStream(number);
    native.release(number);
  }
}

module.exports = FrameParser;

function newPage() {
  return new Uint32Array(PAGE_RECORDS * RECORD_WORDS);
}

function sliceOf(chunk, offset, length) {
  const slice = new FastBuffer(chunk.buffer, chunk.byteOffset + offset, length);

  if (chunk.length <= PINNED_BYTES || length >= chunk.length >>> 2)
    return slice;
  return Buffer.from(slice);
}
