'use strict';

// How a connection ends: what both sides of the closing handshake wait for, and
// what the events of the socket mean for its WebSocket.

const { CLOSING, kWebSocket, NOOP } = require('./constants');
const { isNodeSince } = require('./node-version');
const StreamTransport = require('./stream-transport');
const { nextTick } = require('./turns');

/** A stream that finishes in a later turn says so in the same tick. */
const FINISHES_AT_ONCE = !isNodeSince(20);

/**
 * Listens to the socket of a WebSocket.
 *
 * @param {Duplex} socket The socket
 */
function watchSocket(socket) {
  socket.on('close', socketOnClose);
  socket.on('end', socketOnEnd);
  socket.on('error', socketOnError);
}

/**
 * Calls a function when a stream would report an error that it meets at once:
 * what listeners have put off comes first.
 *
 * @param {Function} callback The function
 */
function afterTwoTicks(callback) {
  nextTick(() => nextTick(callback));
}

/**
 * Emits `'error'`, for the first reason only.
 *
 * @param {WebSocket} websocket Who emits it
 * @param {Error} err The error
 */
function emitErrorOnce(websocket, err) {
  if (websocket._errorEmitted) return;

  websocket._errorEmitted = true;
  websocket.emit('error', err);
}

/**
 * Ends the connection if the peer has nothing more to say.
 *
 * @param {WebSocket} websocket Whose connection
 */
function endIfAnswered(websocket) {
  if (websocket._closeFrameReceived || websocket._receiveFailed) {
    websocket._socket.end();
  }
}

/**
 * Does not wait long for a peer that does not finish the closing handshake.
 *
 * @param {WebSocket} websocket Whose handshake
 */
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

  let later = false;

  transport.whenDelivered(() => {
    const finish = () => {
      transport.dispose();
      websocket.emitClose();
    };

    const putOff =
      websocket._putOffError || (later && FINISHES_AT_ONCE ? null : nextTick);

    // What listeners have put off comes before 'close' as well.
    if (concluded || putOff === null) finish();
    else putOff(finish);
  });
  later = true;
}

/** @this Duplex */
function socketOnEnd() {
  this[kWebSocket]._readyState = CLOSING;

  // A stream makes an error, stack and all, even if nobody wants to have it.
  if (!this.writableFinished) this.end();
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

module.exports = {
  afterTwoTicks,
  emitErrorOnce,
  endIfAnswered,
  setCloseTimer,
  watchSocket
};
