'use strict';

const net = require('net');

const { captureContext, keepContext } = require('./async-context');
const { NO_CALLBACKS } = require('./constants');
const inbox = require('./inbox');
const LaneReading = require('./lane-reading');
const convert = require('./lane-socket');
const native = require('./native');
const outbox = require('./outbox');
const { destroyedError, systemError } = require('./socket-errors');
const { nextTick, setImmediate } = require('./turns');

const { binding, KIND, SEND } = native;

native.listen({ drain: inbox.drain, end: outbox.end });

/** Whether plain sockets may be moved to lanes at all. */
const LANES_WANTED =
  process.platform !== 'win32' && process.env.OXWS_TRANSPORT !== 'stream';

/**
 * A connection whose socket a lane has taken over. It also takes the place of
 * the socket's handle: `net.Socket` goes on to work with it, and all that is
 * left of the connection for Node is what happens here.
 */
class LaneTransport extends LaneReading {
  /**
   * Tells whether a socket can be moved to a lane: it has a descriptor, and
   * nobody but Node's own code has begun to read it.
   *
   * @param {Duplex} socket The socket
   * @return {Boolean} `true` if it can
   */
  static accepts(socket) {
    const { _handle: handle } = socket;

    return (
      LANES_WANTED &&
      socket instanceof net.Socket &&
      !socket.encrypted &&
      !socket.destroyed &&
      handle !== null &&
      typeof handle === 'object' &&
      handle.fd >= 0 &&
      typeof handle.readStop === 'function' &&
      !socket.connecting &&
      !socket.readableEnded &&
      !socket._readableState.ended &&
      socket.writable &&
      socket.writableLength === 0 &&
      !(handle.writeQueueSize > 0) &&
      socket.listenerCount('data') === 0 &&
      socket.listenerCount('readable') === 0
    );
  }

  /**
   * Moves a socket to a lane.
   *
   * @param {EventEmitter} owner Who emits what is received
   * @param {net.Socket} socket The socket
   * @param {Buffer} head What was received on it already
   * @param {Object} options Options of `setSocket()`
   * @param {Object} handlers See `Transport`
   */
  constructor(owner, socket, head, options, handlers) {
    super(owner, options, handlers);

    this.socket = socket;

    /** Where listeners are called; see `captureContext()`. */
    this.context = captureContext(owner._isServer);

    /** Callbacks of sends that were not written, oldest first. */
    this.callbacks = NO_CALLBACKS;

    this.referenced = true;

    const handle = socket._handle;

    handle.readStop();

    const rest = socket.readableLength ? socket.read() : null;

    this.number = native.adopt(
      this,
      handle.fd,
      rest ? Buffer.concat([head, rest]) : head,
      options.native
    );

    if (this.number === -1) {
      if (rest) socket.unshift(rest);
      if (handle.reading) handle.readStart();
      return;
    }

    native.hold();
    if (handle.hasRef && !handle.hasRef()) this.unref();
    handle.close();

    socket._handle = this;
    convert(socket);
  }

  // --- What WebSocket and Sender call ---

  get bufferedAmount() {
    outbox.append();
    return this.closeCallback
      ? this.abandonedBytes
      : binding.bufferedAmount(this.number);
  }

  /**
   * Sends a message, fragment or control frame.
   *
   * @param {(Buffer|String)} data The payload
   * @param {Number} word Bits of `SEND`
   * @param {Buffer} [key] The masking key
   * @param {Function} [cb] Called when the kernel has it
   */
  send(data, word, key, cb) {
    if (this.closeCallback) {
      if (cb) nextTick(cb, destroyedError());
      return;
    }

    if (this.finishCallback) {
      // The stream knows what it says of a write after its end.
      this.socket.write(data, cb);
      return;
    }

    if (this.socket._writableState.length > 0) this.overtake();

    if (cb) {
      if (this.callbacks === NO_CALLBACKS) this.callbacks = [];
      this.callbacks.push(keepContext(cb));
      word |= SEND.RECEIPT;
    }

    outbox.send(this.number, word, data, key);
  }

  /**
   * Sends bytes that are framed already.
   *
   * @param {(Buffer|String)[]} list The bytes
   * @param {Function} [cb] Called when the kernel has them
   */
  sendFrame(list, cb) {
    for (let i = 0; i < list.length; i++) {
      this.send(
        list[i],
        SEND.RAW,
        undefined,
        i === list.length - 1 ? cb : undefined
      );
    }
  }

  /**
   * Sends what the user writes to the socket.
   *
   * @param {(Buffer|String)} chunk The bytes
   * @param {String} encoding How they are encoded if it is a string
   */
  queueRaw(chunk, encoding) {
    if (typeof chunk === 'string') chunk = Buffer.from(chunk, encoding);

    outbox.send(this.number, SEND.RAW, chunk);
  }

  /**
   * Calls a callback in the next tick, after those of what was sent before.
   *
   * @param {Function} callback The callback
   * @param {Error} err Its argument
   */
  callSoon(callback, err) {
    outbox.callSoon(callback, err);
  }

  /** Sends what the user wrote to the corked socket before it is his turn. */
  overtake() {
    const { writableCorked } = this.socket;

    for (let i = 0; i < writableCorked; i++) this.socket.uncork();
    for (let i = 0; i < writableCorked; i++) this.socket.cork();
  }

  fragmentEnds(index) {
    return binding.fragmentEnds(index);
  }

  stopAnswering() {
    binding.setAutoPong(this.number, false);
  }

  /** The most that had to wait since the last `'drain'`. */
  get peakBuffered() {
    outbox.append();
    return this.closeCallback ? 0 : binding.peakBuffered(this.number);
  }

  /** Hands every received byte to the user as well. */
  tap() {
    if (!this.closeCallback) binding.tap(this.number);
  }

  /**
   * Ends the sending direction once everything was written.
   *
   * @param {Function} callback Called when that is so
   */
  finish(callback) {
    outbox.flush();
    this.finishCallback = callback;

    // Not left to the lane: the peer may be of this process, and on a faster one.
    if (binding.finish(this.number)) nextTick(callback);
  }

  // --- What the lane says ---

  /**
   * Handles a record that is not a frame.
   *
   * @param {Number} kind What happened
   * @param {Number} value A number that depends on `kind`
   * @param {Number} detail Another one
   */
  handleRecord(kind, value, detail) {
    const { socket } = this;

    switch (kind) {
      case KIND.PROTOCOL_ERROR:
      case KIND.LATE_PROTOCOL_ERROR:
        this.deliverError(kind, value, detail);
        break;
      case KIND.END:
        this.end();
        break;
      case KIND.SOCKET_ERROR:
        this.writeFailed = Boolean(detail);
        socket.destroy(systemError(value, detail ? 'write' : 'read'));
        break;
      case KIND.SENT:
        if (!this.closeCallback) outbox.settle(this.number, value);
        break;
      case KIND.PONG_OVERFLOW:
        this.handlers.pongOverflow(this.owner);
        break;
      case KIND.HEARTBEAT_TIMEOUT:
        this.handlers.heartbeatTimeout(this.owner);
        break;
      case KIND.FINISHED:
        this.finishCallback();
        break;
      case KIND.DRAINED:
        if (value >= socket.writableHighWaterMark) socket.emit('drain');
        break;
      case KIND.CLOSED:
        this.closed();
    }
  }

  /** The native side is gone already: see `closed()`. */
  dispose() {}

  closed() {
    native.release(this.number);
    if (this.referenced) native.unhold();

    // In a later turn, as from libuv: an error is emitted before the end.
    setImmediate(this.closeCallback);
  }
}

/** What only the end of a connection changes takes no memory before. */
Object.assign(LaneTransport.prototype, {
  /** Bytes that waited to be compressed, or behind such, at the end. */
  abandonedBytes: 0,

  /** What ended the connection was a write. */
  writeFailed: false,

  closeCallback: null,
  finishCallback: null,
  onread: null,

  /** What `net.Socket` asks of its handle when it reads. */
  reading: true
});

module.exports = LaneTransport;
