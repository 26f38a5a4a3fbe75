'use strict';

const EventEmitter = require('events');

const { Backpressure } = require('./backpressure');
const { abortHandshake, connect } = require('./client');
const {
  BINARY_TYPES,
  CLOSED,
  CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  kStatusCode,
  kWebSocket,
  NOOP,
  OPEN
} = require('./constants');
const {
  addEventListener,
  defineEventAttributes,
  removeEventListener
} = require('./event-target');
const { toBuffer } = require('./frame');
const LaneTransport = require('./lane-transport');
const { SEND } = require('./native');
const nativeOptions = require('./native-options');
const PerMessageDeflate = require('./permessage-deflate');
const Sender = require('./sender');
const StreamTransport = require('./stream-transport');
const { isBlob } = require('./validation');

const readyStates = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

const CLOSED_WHILE_CONNECTING =
  'WebSocket was closed before the connection was established';

const TEXT = 1;
const BINARY = 2;

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

    this._backpressure = null;
    this._binaryType = BINARY_TYPES[0];
    this._closeCode = 1006;
    this._closeFrameReceived = false;
    this._closeFrameSent = false;
    this._closeMessage = EMPTY_BUFFER;
    this._closeTimer = null;
    this._errorEmitted = false;
    this._extensions = {};
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
    this._sender.onerror = (err) => failSend(this, err);
    this._socket = socket;
    socket[kWebSocket] = this;

    if (options.maxBackpressure > 0) {
      this._backpressure = new Backpressure(
        this,
        options.maxBackpressure,
        options.backpressurePolicy
      );
    }

    socket.on('close', socketOnClose);
    socket.on('end', socketOnEnd);
    socket.on('error', socketOnError);

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
      options = undefined;
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

    const mask = optionOf(options, 'mask', !this._isServer);

    data = data || EMPTY_BUFFER;
    if (typeof data !== 'string' && !isBlob(data)) data = toBuffer(data);

    this._sender.enqueue(data, word, mask, cb);
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

readyStates.forEach((name, value) => {
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

const { pong } = WebSocket.prototype;

// Whoever replaces `pong()` wants to answer pings himself, or not at all.
Object.defineProperty(WebSocket.prototype, 'pong', {
  configurable: true,
  get: () => pong,
  set(value) {
    Object.defineProperty(this, 'pong', {
      configurable: true,
      enumerable: this !== WebSocket.prototype,
      value,
      writable: true
    });
    if (this._receiver) this._receiver.stopAnswering();
  }
});

defineEventAttributes(WebSocket.prototype);
WebSocket.prototype.addEventListener = addEventListener;
WebSocket.prototype.removeEventListener = removeEventListener;

module.exports = WebSocket;

// --- Opening ---

function openTransport(websocket, socket, head, options) {
  const settings = {
    ...options,
    native: nativeOptions(
      {
        ...options,
        isServer: websocket._isServer,
        autoPong: websocket._autoPong && websocket.pong === pong,
        maxPendingAutoPongs: websocket._maxPendingAutoPongs
      },
      websocket._extensions
    )
  };

  if (LaneTransport.accepts(socket)) {
    const transport = new LaneTransport(
      websocket,
      socket,
      head,
      settings,
      handlers
    );

    if (transport.number !== -1) return transport;
  }

  return new StreamTransport(websocket, socket, head, settings, handlers);
}

// --- Sending ---

function sendWord(websocket, data, options) {
  let word = optionOf(options, 'binary', typeof data !== 'string')
    ? BINARY
    : TEXT;

  if (optionOf(options, 'fin', true)) word |= SEND.FIN;

  if (
    websocket._extensions[PerMessageDeflate.extensionName] &&
    optionOf(options, 'compress', true)
  ) {
    word |= SEND.COMPRESS;
  }

  return word;
}

/** The same as with an object of defaults, without making one. */
function optionOf(options, name, fallback) {
  return options && hasOwn.call(options, name) ? options[name] : fallback;
}

const hasOwn = Object.prototype.hasOwnProperty;

function sendControl(websocket, method, data, mask, cb) {
  if (websocket.readyState === CONNECTING) throw notOpenError(websocket);

  if (typeof data === 'function') {
    cb = data;
    data = mask = undefined;
  } else if (typeof mask === 'function') {
    cb = mask;
    mask = undefined;
  }

  if (typeof data === 'number') data = data.toString();

  if (websocket.readyState !== OPEN) {
    sendAfterClose(websocket, data, cb);
    return;
  }

  if (websocket._backpressure !== null) {
    if (!websocket._backpressure.admitsControl(data, cb)) return;
    cb = websocket._backpressure.watch(cb);
  }

  if (mask === undefined) mask = !websocket._isServer;
  method.call(websocket._sender, data || EMPTY_BUFFER, mask, cb);
}

function notOpenError(websocket) {
  const { readyState } = websocket;

  return new Error(
    `WebSocket is not open: readyState ${readyState} (${readyStates[readyState]})`
  );
}

/** Counts what can no longer be sent, and says so. */
function sendAfterClose(websocket, data, cb) {
  if (data) {
    const length = isBlob(data) ? data.size : toBuffer(data).length;

    // There is no socket if the opening handshake failed.
    if (websocket._socket) websocket._sender._bufferedBytes += length;
    else websocket._bufferedAmount += length;
  }

  if (cb) {
    const err = notOpenError(websocket);

    if (websocket._socket) websocket._receiver.callSoon(cb, err);
    else process.nextTick(cb, err);
  }
}

/** A Blob could not be read. What the peer still sends is of interest. */
function failSend(websocket, err) {
  if (websocket.readyState === CLOSED) return;

  if (websocket.readyState === OPEN) {
    websocket._readyState = CLOSING;
    setCloseTimer(websocket);
  }

  websocket._socket.end();
  emitErrorOnce(websocket, err);
}

// --- Receiving ---

/** What a transport calls besides emitting messages. */
const handlers = {
  ping(websocket, data, answered) {
    answerPing(websocket, data, answered);
    websocket.emit('ping', data);
  },

  pong(websocket, data) {
    websocket.emit('pong', data);
  },

  close: handleClose,

  error(websocket, err) {
    websocket._receiveFailing = true;
    websocket._receiver.delayEnd();
    afterTwoTicks(() => handleError(websocket, err));
  },

  pongOverflow(websocket) {
    websocket.terminate();
  },

  heartbeatTimeout(websocket) {
    websocket._closeMessage = Buffer.from(HEARTBEAT_TIMEOUT);
    websocket.terminate();
  },

  isOpen(websocket) {
    return websocket.readyState === OPEN;
  }
};

const HEARTBEAT_TIMEOUT = 'Heartbeat timeout: the peer is silent';

/** A lane has often answered already; otherwise it is left to this. */
function answerPing(websocket, data, answered) {
  if (websocket.pong !== pong) websocket._receiver.stopAnswering();

  if (answered || !websocket._autoPong || websocket.readyState !== OPEN) return;

  const limit = websocket._maxPendingAutoPongs;

  if (limit > 0 && websocket._pendingAutoPongs >= limit) {
    websocket.terminate();
    return;
  }

  websocket._pendingAutoPongs++;
  websocket.pong(data, !websocket._isServer, () => {
    websocket._pendingAutoPongs--;
  });
}

function handleClose(websocket, code, reason) {
  websocket._closeFrameReceived = true;
  websocket._closeCode = code;

  // A copy of its own size: the WebSocket may be kept for long.
  websocket._closeMessage =
    reason.length === 0 ? EMPTY_BUFFER : copyExactly(reason);

  if (websocket._socket[kWebSocket] === undefined) return;

  ignoreRest(websocket);

  if (code === 1005) websocket.close();
  else websocket.close(code, reason);
}

/** As a stream reports errors: what listeners have put off comes first. */
function afterTwoTicks(callback) {
  process.nextTick(() => process.nextTick(callback));
}

function handleError(websocket, err) {
  websocket._receiveFailed = true;

  if (websocket._socket[kWebSocket] !== undefined) {
    ignoreRest(websocket);
    websocket.close(err[kStatusCode]);
  }

  emitErrorOnce(websocket, err);
}

/** Goes on reading, to notice the end, but is not interested any more. */
function ignoreRest(websocket) {
  websocket._receiver.stopReading();
  process.nextTick(() => websocket._socket.resume());
}

function emitErrorOnce(websocket, err) {
  if (websocket._errorEmitted) return;

  websocket._errorEmitted = true;
  websocket.emit('error', err);
}

function copyExactly(bytes) {
  const copy = Buffer.allocUnsafeSlow(bytes.length);

  copy.set(bytes);
  return copy;
}

// --- Closing ---

function endIfAnswered(websocket) {
  if (websocket._closeFrameReceived || websocket._receiveFailed) {
    websocket._socket.end();
  }
}

/** A peer that does not finish the closing handshake is not waited for long. */
function setCloseTimer(websocket) {
  websocket._closeTimer = setTimeout(() => {
    websocket._socket.destroy();
  }, websocket._closeTimeout);
}

/** @this Duplex */
function socketOnClose() {
  const websocket = this[kWebSocket];
  const { _receiver: transport } = websocket;
  const concluded = websocket._closeFrameReceived || websocket._receiveFailed;

  this.removeListener('close', socketOnClose);
  this.removeListener('end', socketOnEnd);

  websocket._readyState = CLOSING;

  // A paused socket may hold what was received before the end.
  if (
    transport instanceof StreamTransport &&
    !concluded &&
    this.readableLength > 0
  ) {
    transport.receive(this.read(this.readableLength));
  }

  this[kWebSocket] = undefined;
  clearTimeout(websocket._closeTimer);
  transport.whenDelivered(() => {
    const finish = () => {
      transport.dispose();
      websocket.emitClose();
    };

    // What listeners have put off comes before 'close' as well.
    if (concluded) finish();
    else if (websocket._receiveFailing) afterTwoTicks(finish);
    else process.nextTick(finish);
  });
}

/** @this Duplex */
function socketOnEnd() {
  this[kWebSocket]._readyState = CLOSING;
  this.end();
}

/** @this Duplex */
function socketOnError() {
  const websocket = this[kWebSocket];

  this.removeListener('error', socketOnError);
  this.on('error', NOOP);

  if (websocket) {
    websocket._readyState = CLOSING;
    this.destroy();
  }
}
