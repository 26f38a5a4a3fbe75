'use strict';

// Errors that Node.js itself makes for sockets it reads and writes.

const os = require('os');
const util = require('util');

const { NO_ERROR } = require('./constants');
const { isNodeSince } = require('./node-version');

/** Here Node reports a write that the end of a socket interrupts as failed. */
const REPORTS_INTERRUPTED_WRITES = isNodeSince(22, 7);

/**
 * Makes the error `net.Socket` would have made.
 *
 * @param {Number} errno The system's error number
 * @param {String} syscall The call that failed
 * @return {Error} The error
 */
function systemError(errno, syscall) {
  const code = util.getSystemErrorName(-errno);

  return Object.assign(new Error(`${syscall} ${code}`), {
    errno: -errno,
    code,
    syscall
  });
}

/**
 * @return {(Error|null|undefined)[]} What the callback of a write is given that
 *     the end of its socket interrupts, and that of a write behind it
 */
function interruptionOutcomes() {
  if (!REPORTS_INTERRUPTED_WRITES) return [NO_ERROR, destroyedError()];

  const error = systemError(os.constants.errno.ECANCELED, 'write');

  return [error, error];
}

/** @return {Error} What a write to a destroyed stream gets */
function destroyedError() {
  return Object.assign(
    new Error('Cannot call write after a stream was destroyed'),
    { code: 'ERR_STREAM_DESTROYED' }
  );
}

module.exports = { destroyedError, interruptionOutcomes, systemError };
