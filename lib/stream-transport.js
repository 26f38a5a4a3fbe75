'use strict';

const { Writable } = require('stream');

const FrameParser = require('./frame-parser');
const FrameWriter = require('./frame-writer');
const { beatLater } = require('./heartbeat');
const { binding } = require('./native');
const watch = require('./stream-socket');
const { nextTick } = require('./turns');

const kTransport = Symbol('kTransport');

/** Bytes that may wait to be delivered before the socket is paused. */
const UNDELIVERED_MAX = new Writable().writableHighWaterMark;

/** Longest empty frame: two bytes and a masking key. */
const PING_MAX = 6;

/**
 * A connection over any `Duplex`: its bytes are read and written by Node, and
 * the native engine parses and frames them.
 */
class StreamTransport extends FrameParser {
  /**
   * @param {EventEmitter} owner Who emits what is received
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received on it already
   * @param {Object} options Options of `setSocket()`
   * @param {Object} handlers See `Transport`
   */
  constructor(owner, socket, head, options, handlers) {
    super(owner, options, handlers);

    this.socket = socket;
    this.writer = new FrameWriter(socket, this.number, options.native, true);

    if (head.length > 0) socket.unshift(head);

    /** Bytes read since there are events that wait. */
    this.undelivered = 0;

    this.onData = (chunk) => {
      this.receiveAndAnswer(chunk);
      if (this.held !== null || this.inflating) {
        this.noteUndelivered(chunk.length);
      }
    };
    watch(socket);
    this.destroySocket = socket.destroy;
    socket.destroy = destroy;
    socket[kTransport] = this;
    socket.on('data', this.onData);

    if (options.heartbeat) beatLater(this, options.heartbeat.interval);
  }

  /** What listeners send at once goes out when the chunk is delivered. */
  receiveAndAnswer(chunk) {
    const { writer } = this;
    const mustFlush = writer.startCollecting();

    try {
      this.receive(chunk);
    } finally {
      if (mustFlush) writer.flush();
    }
  }

  get bufferedAmount() {
    this.writer.flush();
    return this.socket.writableLength + this.writer.waitingBytes;
  }

  send(data, word, key, cb) {
    this.writer.send(data, word, key, cb);
  }

  sendFrame(list, cb) {
    this.writer.sendFrame(list, cb);
  }

  /**
   * Calls a callback in the next tick, after those of what was sent before.
   *
   * @param {Function} callback The callback
   * @param {Error} err Its argument
   */
  callSoon(callback, err) {
    this.writer.flush();
    nextTick(callback, err);
  }

  noteUndelivered(length) {
    this.undelivered += length;
    if (this.undelivered >= UNDELIVERED_MAX) this.socket.pause();
  }

  throttle(wait) {
    if (wait || this.undelivered < UNDELIVERED_MAX) return;

    this.undelivered = 0;
    if (!this.owner.isPaused) this.socket.resume();
  }

  /** Gives the native side back: the connection is over. */
  dispose() {
    this.writer.abandon();
    FrameParser.dispose(this.number);
  }

  /** Does not let the end come before the error is reported. */
  delayEnd() {
    this.socket.pause();
  }

  /** Stops listening for data: all that follows is of no interest. */
  stopReading() {
    this.socket.removeListener('data', this.onData);
  }

  /**
   * Sends a ping of the heartbeat if it is time.
   *
   * @return {Number} Milliseconds until the next look; -1 for never
   */
  beat() {
    if (this.socket.destroyed) return -1;

    const frame = Buffer.alloc(PING_MAX);
    const listening = !this.socket.isPaused();
    const delay = binding.beatStream(this.number, listening, frame);

    if (delay < 0) {
      this.handlers.heartbeatTimeout(this.owner);
    } else if (frame[0] !== 0 && this.handlers.isOpen(this.owner)) {
      this.socket.write(frame.subarray(0, frame[1] & 0x80 ? PING_MAX : 2));
    }

    return delay;
  }
}

module.exports = StreamTransport;

/**
 * What was sent in this tick goes out before the end, as if it had been written
 * at once.
 *
 * @this Duplex
 */
function destroy(...args) {
  const transport = this[kTransport];

  transport.writer.flush();
  return transport.destroySocket.apply(this, args);
}
