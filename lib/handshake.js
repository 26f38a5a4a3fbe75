'use strict';

const { createHash } = require('crypto');

const { CLOSE_TIMEOUT, GUID } = require('./constants');

/** Defaults of the options that clients and servers have in common. */
const SHARED_DEFAULTS = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: CLOSE_TIMEOUT,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false
};

/**
 * Computes the value of the `Sec-WebSocket-Accept` header field
 * (RFC 6455, section 4.2.2, item 5.4).
 *
 * @param {String} key The value of the `Sec-WebSocket-Key` header field
 * @return {String} The value that proves that the key was read
 */
function acceptKey(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Picks the options that stay in force when the opening handshake is over.
 *
 * @param {Object} options The options of a client or server
 * @return {Object} The last argument of `websocket.setSocket()`
 */
function connectionOptions(options) {
  return {
    allowSynchronousEvents: options.allowSynchronousEvents,
    backpressurePolicy: options.backpressurePolicy,
    heartbeat: options.heartbeat,
    maxBackpressure: options.maxBackpressure,
    maxBufferedChunks: options.maxBufferedChunks,
    maxFragments: options.maxFragments,
    maxPayload: options.maxPayload,
    skipUTF8Validation: options.skipUTF8Validation
  };
}

module.exports = { acceptKey, connectionOptions, SHARED_DEFAULTS };
