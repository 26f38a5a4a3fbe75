'use strict';

// What is left of a net.Socket whose connection is on a lane. Its handle is a
// LaneTransport; here is what else has to be different about it.

const net = require('net');

const { kWebSocket } = require('./constants');

const methods = {
  /**
   * What the user writes to the socket takes its place between the frames. It
   * is queued at once, so that the stream never holds anything back itself.
   */
  _write(chunk, encoding, callback) {
    this._unrefTimer();
    this._handle.queueRaw(chunk, encoding);
    callback();
  },

  _writev(chunks, callback) {
    this._unrefTimer();
    for (const { chunk, encoding } of chunks)
      this._handle.queueRaw(chunk, encoding);
    callback();
  },

  _final(callback) {
    if (this._handle) this._handle.finish(callback);
    else callback();
  },

  /** `net.Socket` does this only for handles of its own making. */
  resetAndDestroy() {
    return this._handle
      ? this._reset()
      : net.Socket.prototype.resetAndDestroy.call(this);
  }
};

/** The same accessors for all sockets, so that these share their shape. */
const accessors = {
  /** Bytes that the kernel has not taken, wherever they wait. */
  writableLength: accessor(function () {
    const { length } = this._writableState;

    return this._handle ? length + this._handle.bufferedAmount : length;
  }),

  writableNeedDrain: accessor(function () {
    return (
      this._handle !== null &&
      this._handle.peakBuffered >= this.writableHighWaterMark
    );
  }),

  bufferSize: accessor(function () {
    return this.writableLength;
  })
};

function accessor(get) {
  return { configurable: true, enumerable: false, get };
}

/**
 * Makes a socket one whose bytes go through its handle, a LaneTransport.
 *
 * @param {net.Socket} socket The socket
 */
function convert(socket) {
  socket._write = methods._write;
  socket._writev = methods._writev;
  socket._final = methods._final;
  socket.resetAndDestroy = methods.resetAndDestroy;
  Object.defineProperties(socket, accessors);
  socket.on('newListener', onNewListener);
  socket.on('pause', onPause);
  socket.on('resume', onResume);
  socket.resume();
}

/**
 * Somebody wants to see the bytes that are received.
 *
 * @this net.Socket
 * @param {String} event What is listened for
 */
function onNewListener(event) {
  if (event === 'data' && this._handle) this._handle.tap();
}

/** @this net.Socket */
function onPause() {
  if (this._handle) this._handle.pause();
}

/** @this net.Socket */
function onResume() {
  // A stream emits this in a later tick, when it may be paused again, or
  // destroyed: what it holds is delivered nevertheless.
  if (this[kWebSocket] && !this.isPaused()) this[kWebSocket]._receiver.resume();
}

module.exports = convert;
