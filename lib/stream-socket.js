'use strict';

// What is different about a Duplex that frames are written to: they are collected
// for a moment (see `frame-run.js`), which nobody who uses it shall notice.

const { endRun } = require('./frame-run');

/** Methods before which everything that was sent is written. */
const METHODS = ['write', 'end'];

/** Properties that count what was written. */
const COUNTERS = [
  'bufferSize',
  'bytesWritten',
  'writableLength',
  'writableNeedDrain'
];

/** The same accessors for all sockets, so that these share their shape. */
const accessors = Object.fromEntries(
  COUNTERS.map((name) => [name, counter(name)])
);

function counter(name) {
  return {
    configurable: true,
    enumerable: false,
    get() {
      endRun();
      return Reflect.get(Object.getPrototypeOf(this), name, this);
    }
  };
}

/**
 * Has frames that were collected written before anything else that happens to a
 * socket.
 *
 * @param {Duplex} socket The socket
 */
function watch(socket) {
  for (const name of METHODS) {
    const method = socket[name];

    socket[name] = function (...args) {
      endRun();
      return method.apply(this, args);
    };
  }

  for (const name of COUNTERS) {
    if (name in socket) Object.defineProperty(socket, name, accessors[name]);
  }
}

module.exports = watch;
