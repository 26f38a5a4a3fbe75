'use strict';

const { CLOSING } = require('./constants');

/** On a request whose errors are of no interest any more. */
const kAborted = Symbol('kAborted');

/**
 * Emits the `'error'` and `'close'` events of a WebSocket without a socket.
 *
 * @param {WebSocket} websocket The WebSocket
 * @param {Error} err The error
 */
function emitErrorAndClose(websocket, err) {
  websocket._readyState = CLOSING;
  websocket._errorEmitted = true;
  websocket.emit('error', err);
  websocket.emitClose();
}

/**
 * Gives up an opening handshake.
 *
 * @param {WebSocket} websocket The WebSocket
 * @param {(http.ClientRequest|Duplex)} stream The request, or the socket if
 *     there was a response with status 101
 * @param {String} message The message of the error to emit
 */
function abortHandshake(websocket, stream, message) {
  const err = new Error(message);

  Error.captureStackTrace(err, abortHandshake);
  websocket._readyState = CLOSING;

  if (!stream.setHeader) {
    stream.destroy(err);
    stream.once('error', (error) => websocket.emit('error', error));
    stream.once('close', () => websocket.emitClose());
    return;
  }

  stream[kAborted] = true;
  stream.abort();

  // `abort()` leaves the socket alone if the request was over before.
  if (stream.socket && !stream.socket.destroyed) stream.socket.destroy();

  process.nextTick(emitErrorAndClose, websocket, err);
}

module.exports = { abortHandshake, emitErrorAndClose, kAborted };
