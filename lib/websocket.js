'use strict';

const EventEmitter = require('events');

const { Backpressure } = require('./backpressure');
const { connect } = require('./client');
const { endIfAnswered, setCloseTimer, watchSocket } = require('./closing');
const {
  BINARY_TYPES,
  CLOSED,
  CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  kWebSocket,
  OPEN,
  READY_STATES
} = require('./constants');
const {
  addEventListener,
  defineEventAttributes,
  removeEventListener
} = require('./event-target');
const { abortHandshake } = require('./failed-handshake');
const { toBuffer } = require('./frame');
const { SEND } = require('./native');
const PerMessageDeflate = require('./permessage-deflate');
const openTransport = require('./receiving');
const { makeReplaceable } = require('./replaceable-pong');
const Sender = require('./sender');
const {
  failSend,
  isMasked,
  notOpenError,
  sendAfterClose,
  sendControl,
  sendWord
} = require('./sending');
const { isBlob } = require('./validation');

const NO_OPTIONS = {};

/** What all connections without extensions share. */
const NO_EXTENSIONS = Object.freeze({});

/**
 * What an EventEmitter keeps its listeners in. Its own choice is an object that
 * takes three times the memory while there are few.
 */
function Listeners() {}

Listeners.prototype = Object.create(null);

const CLOSED_WHILE_CONNECTING =
  'WebSocket was closed before the connection was established';

/**
 * A WebSocket, client or server side.
 *
 * @extends EventEmitter
 */
class WebSocket extends EventEmitter {
  /**
   * Opens a connection.
   *
   * @param {(String|URL)} address The URL; `null` makes a WebSocket that waits
   *     for `setSocket()`
   * @param {(String|String[]|Object)} [protocols] The subprotocols, or the
   *     options
   * @param {Object} [options] The options
   * @throws {RangeError} If an option is out of range
   * @throws {SyntaxError} If the URL or a subprotocol is malformed
   */
  constructor(address, protocols, options) {
    super();

    this._events = new Listeners();
    this._backpressure = null;
    this._binaryType = BINARY_TYPES[0];
    this._closeCode = 1006;
    this._closeFrameReceived = false;
    this._closeFrameSent = false;
    this._closeMessage = EMPTY_BUFFER;
    this._closeTimer = null;
    this._errorEmitted = false;
    this._extensions = NO_EXTENSIONS;
    this._paused = false;
    this._protocol = '';
    this._readyState = CONNECTING;
    this._receiver = null;
    this._sender = null;
    this._socket = null;

    if (address === null) {
      this._isServer = true;
    } else {
      this._bufferedAmount = 0;
      this._isServer = false;
      options = connect(this, address, protocols, options);
    }

    if (options.autoPong) {
      this._autoPong = true;
      this._maxPendingAutoPongs = options.maxPendingAutoPongs | 0;
      this._pendingAutoPongs = 0;
    }

    this._closeTimeout = options.closeTimeout;
  }

  /**
   * The form of binary messages: `'nodebuffer'`, `'arraybuffer'`, `'fragments'`
   * or `'blob'`. Other values are ignored.
   *
   * @type {String}
   */
  get binaryType() {
    return this._binaryType;
  }

  set binaryType(type) {
    if (BINARY_TYPES.includes(type)) this._binaryType = type;
  }

  /**
   * Bytes that were sent but not handed to the kernel yet.
   *
   * @type {Number}
   */
  get bufferedAmount() {
    if (!this._socket) return this._bufferedAmount;

    return this._receiver.bufferedAmount + this._sender._bufferedBytes;
  }

  /**
   * The names of the negotiated extensions.
   *
   * @type {String}
   */
  get extensions() {
    return Object.keys(this._extensions).join();
  }

  /** @type {Boolean} */
  get isPaused() {
    return this._paused;
  }

  /**
   * The chosen subprotocol; empty if there is none.
   *
   * @type {String}
   */
  get protocol() {
    return this._protocol;
  }

  /** @type {Number} */
  get readyState() {
    return this._readyState;
  }

  /**
   * The URL that was connected to; `undefined` on the server side.
   *
   * @type {String}
   */
  get url() {
    return this._url;
  }

  /**
   * Takes over a connection whose opening handshake is done.
   *
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received on it behind the handshake
   * @param {Object} options Options of the connection
   */
  setSocket(socket, head, options) {
    // These are missing if it is just a `Duplex`.
    if (socket.setTimeout) socket.setTimeout(0);
    if (socket.setNoDelay) socket.setNoDelay();

    const transport = openTransport(this, socket, head, options);

    this._receiver = transport;
    this._sender = new Sender(
      socket,
      this._extensions,
      options.generateMask,
      transport
    );
    this._sender[kWebSocket] = this;
    this._sender.onerror = senderOnError;
    this._socket = socket;
    socket[kWebSocket] = this;

    if (options.maxBackpressure > 0) {
      this._backpressure = new Backpressure(
        this,
        options.maxBackpressure,
        options.backpressurePolicy
      );
    }

    watchSocket(socket);
    this._readyState = OPEN;
    this.emit('open');
  }

  /** Emits the `'close'` event: everything is over. */
  emitClose() {
    const deflate = this._extensions[PerMessageDeflate.extensionName];

    if (this._socket && deflate) deflate.cleanup();

    this._readyState = CLOSED;
    this.emit('close', this._closeCode, this._closeMessage);
  }

  /**
   * Starts the closing handshake (RFC 6455, section 7.1.2). The side that has
   * both sent and received a close frame ends the connection:
   *
   *     close() ── close frame ──▶ peer
   *     socket.end() ◀── close frame ── peer
   *
   * @param {Number} [code] Status code that says why
   * @param {(String|Buffer)} [data] The reason in words
   * @throws {TypeError} If the code may not be sent, or the reason is neither a
   *     string nor a Uint8Array
   * @throws {RangeError} If the reason is longer than 123 bytes
   */
  close(code, data) {
    switch (this.readyState) {
      case CLOSED:
        return;
      case CONNECTING:
        abortHandshake(this, this._req, CLOSED_WHILE_CONNECTING);
        return;
      case CLOSING:
        if (this._closeFrameSent) endIfAnswered(this);
        return;
    }

    this._sender.close(code, data, !this._isServer, (err) => {
      // The socket's own error says more about it.
      if (err) return;

      this._closeFrameSent = true;
      endIfAnswered(this);
    });

    this._readyState = CLOSING;
    setCloseTimer(this);
  }

  /** Stops the delivery of messages. */
  pause() {
    if (this.readyState === CONNECTING || this.readyState === CLOSED) return;

    this._paused = true;
    this._socket.pause();
  }

  /** Goes on with the delivery of messages. */
  resume() {
    if (this.readyState === CONNECTING || this.readyState === CLOSED) return;

    this._paused = false;
    this._socket.resume();
  }

  /**
   * Sends a ping.
   *
   * @param {*} [data] The payload, at most 125 bytes
   * @param {Boolean} [mask] Whether to mask it; clients do, servers do not
   * @param {Function} [cb] Called when it was written
   * @throws {Error} If the connection is not established yet
   * @throws {RangeError} If the payload is too long
   */
  ping(data, mask, cb) {
    sendControl(this, this._sender && this._sender.ping, data, mask, cb);
  }

  /**
   * Sends a pong.
   *
   * @param {*} [data] The payload, at most 125 bytes
   * @param {Boolean} [mask] Whether to mask it; clients do, servers do not
   * @param {Function} [cb] Called when it was written
   * @throws {Error} If the connection is not established yet
   * @throws {RangeError} If the payload is too long
   */
  pong(data, mask, cb) {
    sendControl(this, this._sender && this._sender.pong, data, mask, cb);
  }

  /**
   * Sends a message.
   *
   * @param {*} data The message
   * @param {Object} [options] How to send it
   * @param {Boolean} [options.binary] Binary or text; text if it is a string
   * @param {Boolean} [options.compress=true] Whether to compress it
   * @param {Boolean} [options.fin=true] Whether it is the last fragment
   * @param {Boolean} [options.mask] Whether to mask it; clients do
   * @param {Function} [cb] Called when it was written
   * @throws {Error} If the connection is not established yet
   * @throws {TypeError} If the message cannot be sent
   */
  send(data, options, cb) {
    if (this.readyState === CONNECTING) throw notOpenError(this);

    if (typeof options === 'function') {
      cb = options;
      options = NO_OPTIONS;
    } else if (typeof options !== 'object' || options === null) {
      options = NO_OPTIONS;
    }

    if (typeof data === 'number') data = data.toString();

    if (this.readyState !== OPEN) {
      sendAfterClose(this, data, cb);
      return;
    }

    const word = sendWord(this, data, options);

    if (this._backpressure !== null) {
      const fin = (word & SEND.FIN) !== 0;

      if (!this._backpressure.admits(data, fin, cb)) return;
      cb = this._backpressure.watch(cb);
    }

    data = data || EMPTY_BUFFER;
    if (typeof data !== 'string' && !isBlob(data)) data = toBuffer(data);

    this._sender.enqueue(data, word, isMasked(this, options), cb);
  }

  /** Ends the connection without a closing handshake. */
  terminate() {
    if (this.readyState === CLOSED) return;

    if (this.readyState === CONNECTING) {
      abortHandshake(this, this._req, CLOSED_WHILE_CONNECTING);
      return;
    }

    if (this._socket) {
      this._readyState = CLOSING;
      this._socket.destroy();
    }
  }
}

/** @this Sender */
function senderOnError(err) {
  failSend(this[kWebSocket], err);
}

READY_STATES.forEach((name, value) => {
  Object.defineProperty(WebSocket, name, { enumerable: true, value });
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value });
});

for (const name of [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url'
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}

makeReplaceable(WebSocket.prototype);
defineEventAttributes(WebSocket.prototype);
WebSocket.prototype.addEventListener = addEventListener;
WebSocket.prototype.removeEventListener = removeEventListener;

module.exports = WebSocket;
