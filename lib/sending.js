'use strict';

// What `send()`, `ping()` and `pong()` of a WebSocket make of their arguments.

const { emitErrorOnce, setCloseTimer } = require('./closing');
const {
  CLOSED,
  CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  OPEN,
  READY_STATES
} = require('./constants');
const { toBuffer } = require('./frame');
const { SEND } = require('./native');
const PerMessageDeflate = require('./permessage-deflate');
const { isBlob } = require('./validation');

const TEXT = 1;
const BINARY = 2;

/**
 * Reads the options of `send()`. An own property counts whatever its value is.
 *
 * @param {WebSocket} websocket Who sends
 * @param {*} data The message
 * @param {Object} options The options
 * @return {Number} The bits of `SEND` that describe the message
 */
function sendWord(websocket, data, options) {
  const isBinary =
    'binary' in options && hasOwn.call(options, 'binary')
      ? options.binary
      : typeof data !== 'string';
  const isLast =
    'fin' in options && hasOwn.call(options, 'fin') ? options.fin : true;
  let word = isBinary ? BINARY : TEXT;

  if (isLast) word |= SEND.FIN;

  if (
    websocket._extensions[PerMessageDeflate.extensionName] &&
    (!('compress' in options) ||
      !hasOwn.call(options, 'compress') ||
      options.compress)
  ) {
    word |= SEND.COMPRESS;
  }

  return word;
}

/**
 * @param {WebSocket} websocket Who sends
 * @param {Object} options Options of `send()`
 * @return {Boolean} Whether the message is masked
 */
function isMasked(websocket, options) {
  return 'mask' in options && hasOwn.call(options, 'mask')
    ? options.mask
    : !websocket._isServer;
}

/** Asked after `in`, which V8 answers at once for what is not there. */
const hasOwn = Object.prototype.hasOwnProperty;

/**
 * Sends a ping or pong.
 *
 * @param {WebSocket} websocket Who sends
 * @param {Function} method `ping()` or `pong()` of its `Sender`
 * @param {*} [data] The payload
 * @param {Boolean} [mask] Whether to mask it
 * @param {Function} [cb] Called when it was written
 * @throws {Error} If the connection is not established yet
 */
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

/**
 * @param {WebSocket} websocket A WebSocket that is not open
 * @return {Error} What sends get from it
 */
function notOpenError(websocket) {
  const { readyState } = websocket;

  return new Error(
    `WebSocket is not open: readyState ${readyState} (${READY_STATES[readyState]})`
  );
}

/**
 * Counts what can no longer be sent, and says so.
 *
 * @param {WebSocket} websocket Who should send
 * @param {*} data The payload
 * @param {Function} [cb] Called with an error
 */
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

/**
 * Ends the connection because a Blob could not be read. What the peer still
 * sends is of interest.
 *
 * @param {WebSocket} websocket Who should send it
 * @param {Error} err What happened
 */
function failSend(websocket, err) {
  if (websocket.readyState === CLOSED) return;

  if (websocket.readyState === OPEN) {
    websocket._readyState = CLOSING;
    setCloseTimer(websocket);
  }

  websocket._socket.end();
  emitErrorOnce(websocket, err);
}

module.exports = {
  failSend,
  isMasked,
  notOpenError,
  sendAfterClose,
  sendControl,
  sendWord
};
