'use strict';

const PerMessageDeflate = require('./permessage-deflate');

/**
 * Puts options into the form that the native side takes.
 *
 * @param {Object} options The options
 * @param {Boolean} [options.autoPong=false] Whether to answer pings
 * @param {Object} [options.heartbeat] The heartbeat, checked
 * @param {Boolean} [options.isServer=false] Which side this is
 * @param {Number} [options.maxBufferedChunks=0] See the native side
 * @param {Number} [options.maxFragments=0] See the native side
 * @param {Number} [options.maxPayload=0] See the native side
 * @param {Number} [options.maxPendingAutoPongs=0] See the native side
 * @param {Boolean} [options.skipUTF8Validation=false] Whether to trust text
 * @param {Object} extensions The negotiated extensions by name
 * @return {Object} The options of the native side
 */
function nativeOptions(options, extensions) {
  const { interval = 0, timeout = 0 } = options.heartbeat || {};
  const deflate = extensions[PerMessageDeflate.extensionName];

  return {
    isServer: Boolean(options.isServer),
    maxPayload: toLimit(options.maxPayload),
    maxFragments: toLimit(options.maxFragments),
    maxBufferedChunks: toLimit(options.maxBufferedChunks),
    skipUtf8Validation: Boolean(options.skipUTF8Validation),
    autoPong: Boolean(options.autoPong),
    maxPendingAutoPongs: toLimit(options.maxPendingAutoPongs),
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
