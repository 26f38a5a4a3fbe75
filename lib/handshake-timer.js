'use strict';

// Opening handshakes of clients that must not take for ever: see the server's
// option `handshakeTimeout`.

const { abortHandshake } = require('./server-handshake');

/** The response to a client that has not sent its request. */
const REQUEST_TIMEOUT = 408;

/** The response to a client that was not let in or refused in time. */
const SERVICE_UNAVAILABLE = 503;

/** What is known of the sockets whose handshakes are under way. */
const handshakes = new WeakMap();

/**
 * Ends a handshake when its time is over, unless it is limited already.
 *
 * @param {Duplex} socket The connection
 * @param {Number} [timeout] Milliseconds; 0 or `undefined` for any time
 */
function limitHandshake(socket, timeout) {
  if (!timeout || handshakes.has(socket)) return;

  const handshake = {
    requested: false,
    timer: setTimeout(expireLater, timeout, socket)
  };

  // The socket itself keeps the process alive.
  handshake.timer.unref();
  handshakes.set(socket, handshake);
  socket.once('close', onClose);
}

/**
 * Notes that the request is complete: what is late now is the answer.
 *
 * @param {Duplex} socket The connection
 */
function noteRequest(socket) {
  const handshake = handshakes.get(socket);

  if (handshake) handshake.requested = true;
}

/**
 * Ends the limit, with the handshake.
 *
 * @param {Duplex} socket The connection
 */
function endHandshake(socket) {
  const handshake = handshakes.get(socket);

  if (!handshake) return;

  clearTimeout(handshake.timer);
  handshakes.delete(socket);
  socket.removeListener('close', onClose);
}

/** @this Duplex */
function onClose() {
  endHandshake(this);
}

/**
 * What arrived while JavaScript was busy was not late.
 *
 * @param {Duplex} socket The connection
 */
function expireLater(socket) {
  setImmediate(expire, socket);
}

function expire(socket) {
  const handshake = handshakes.get(socket);

  if (!handshake) return;

  const { requested } = handshake;

  endHandshake(socket);
  if (!socket.writable) return;

  abortHandshake(socket, requested ? SERVICE_UNAVAILABLE : REQUEST_TIMEOUT);
}

module.exports = { endHandshake, limitHandshake, noteRequest };
