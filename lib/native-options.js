'use strict';

const PerMessageDeflate = require('./permessage-deflate');

/**
 * Puts options into the form that the native side takes.
 *
 * @param {Object} options Options of `setSocket()`
 * @param {Object} [options.heartbeat] The heartbeat, checked
 * @param {Number} [options.maxBufferedChunks=0] See the native side
 * @param {Number} [options.maxFragments=0] See the native side
 * @param {Number} [options.maxPayload=0] See the native side
 * @param {Boolean} [options.skipUTF8Validation=false] Whether to trust text
 * @param {Object} extensions The negotiated extensions by name
 * @param {Object} [owner] Who the native side works for
 * @param {Boolean} [owner.isServer=false] Which side this is
 * @param {Boolean} [owner.autoPong=false] Whether to answer pings
 * @param {Number} [owner.maxPendingAutoPongs=0] See the native side
 * @return {Object} The options of the native side
 */
function nativeOptions(options, extensions, owner = {}) {
  const { interval = 0, timeout = 0 } = options.heartbeat || {};
  const deflate = extensions[PerMessageDeflate.extensionName];

  return {
    isServer: Boolean(owner.isServer),
    maxPayload: toLimit(options.maxPayload),
    maxFragments: toLimit(options.maxFragments),
    maxBufferedChunks: toLimit(options.maxBufferedChunks),
    skipUtf8Validation: Boolean(options.skipUTF8Validation),
    autoPong: Boolean(owner.autoPong),
    maxPendingAutoPongs: toLimit(owner.maxPendingAutoPongs),
    heartbeatInterval: interval,
    heartbeatTimeout: timeout,
    deflate: deflate ? deflate.engineOptions() : undefined
  };
}

/** Limits are 32-bit numbers; what is not positive means that there is none. */
function toLimit(value) {
  return Math.max(0, value | 0);
}

module.exports = nativeOptions;
