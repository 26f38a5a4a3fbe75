'use strict';

const { Writable } = require('stream');

const { BINARY_TYPES } = require('./constants');
const FrameParser = require('./frame-parser');
const nativeOptions = require('./native-options');

/** Gives the native side of receivers back that are not needed any more. */
const dropped = new FinalizationRegistry(FrameParser.dispose);

/**
 * Parses the frames that are written to it. Emits `'message'` (data,
 * isBinary), `'ping'` (data), `'pong'` (data) and, for a close frame,
 * `'conclude'` (code, reason).
 *
 * @extends Writable
 */
class Receiver extends Writable {
  /**
   * @param {Object} [options] The options
   * @param {Boolean} [options.allowSynchronousEvents=true] Whether several
   *     events may be emitted in one tick
   * @param {String} [options.binaryType=nodebuffer] The form of binary messages
   * @param {Object} [options.extensions] The negotiated extensions by name
   * @param {Boolean} [options.isServer=false] Whether frames have to be masked
   * @param {Number} [options.maxBufferedChunks=0] Writes that may wait for the
   *     rest of a frame; 0 means no limit
   * @param {Number} [options.maxFragments=0] Fragments of a message; 0 means no
   *     limit
   * @param {Number} [options.maxPayload=0] Bytes of a message; 0 means no limit
   * @param {Boolean} [options.skipUTF8Validation=false] Whether to trust text
   */
  constructor(options = {}) {
    super();

    this._binaryType = options.binaryType || BINARY_TYPES[0];
    this._failed = null;
    this._concluded = false;

    const { isServer } = options;
    const extensions = options.extensions || {};

    this._parser = new FrameParser(
      this,
      { ...options, native: nativeOptions(options, extensions, { isServer }) },
      handlers
    );
    dropped.register(this, this._parser.number);
  }

  _write(chunk, encoding, callback) {
    if (this._concluded) {
      callback();
      return;
    }

    this._parser.receive(chunk);

    // With one event a turn, the rest of the chunk comes later.
    this._parser.whenDelivered(() => callback(this._failed));
  }
}

const handlers = {
  ping(receiver, data) {
    receiver.emit('ping', data);
  },

  pong(receiver, data) {
    receiver.emit('pong', data);
  },

  close(receiver, code, reason) {
    receiver._concluded = true;
    receiver.emit('conclude', code, reason);
    receiver.end();
  },

  error(receiver, err) {
    receiver._failed = err;
  }
};

module.exports = Receiver;
