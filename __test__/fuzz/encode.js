'use strict';

// The bytes a peer writes, from what a scenario says of them.

const zlib = require('zlib');

const { OPCODES, encodeFrame } = require('../support/frames');
const { toBytes } = require('./values');

const TAIL_BYTES = 4;
const WINDOW_BYTES = 32 * 1024;

/** Encodes the items of a scenario, in their order. */
class Encoder {
  /**
   * @param {Object} scenario The scenario
   */
  constructor(scenario) {
    this._agreement = scenario.deflate;
    this._masks = scenario.side === 'server';
    this._window = Buffer.alloc(0);
  }

  /**
   * @param {Object} step A step that writes
   * @return {Buffer[]} The pieces to be written one by one
   */
  pieces({ write, cuts = [] }) {
    const bytes = Buffer.concat(write.map((item) => this.item(item)));
    const inside = cuts.filter((cut) => cut < bytes.length);

    return [...inside, bytes.length].map((cut, i) =>
      bytes.subarray(i ? inside[i - 1] : 0, cut)
    );
  }

  item(item) {
    if (item.bytes !== undefined) return Buffer.from(item.bytes, 'hex');
    return item.message === undefined ? this.frame(item) : this.message(item);
  }

  frame({ key, payload = '', wrongMask = false, ...options }) {
    return encodeFrame({
      ...options,
      payload: toBytes(payload),
      masked: this._masks !== wrongMask,
      ...(key && { key: Buffer.from(key, 'hex') })
    });
  }

  /** A message of one frame or, with `splits`, of several. */
  message({ message, data, splits = [], key, ...options }) {
    const compress = Boolean(options.compress && this._agreement);
    const bytes = toBytes(data);
    const payload = compress ? this.deflate(bytes) : bytes;
    const ends = [
      ...splits.filter((split) => split < payload.length),
      payload.length
    ];

    if (options.emptyFragment) ends.push(payload.length);

    const frames = ends.map((end, i) =>
      this.frame({
        opcode: i ? OPCODES.CONTINUATION : OPCODES[message.toUpperCase()],
        fin: i === ends.length - 1,
        rsv: compress && i === 0 ? 4 : 0,
        payload: { hex: payload.toString('hex', i ? ends[i - 1] : 0, end) },
        key
      })
    );

    if (options.between && frames.length > 1) {
      frames.splice(1, 0, this.frame(options.between));
    }

    return Buffer.concat(frames);
  }

  /** Refers to earlier messages if that was agreed on (RFC 7692, 7.2.3.2). */
  deflate(bytes) {
    const { bits = 15, takeover } = this._agreement;
    const dictionary = takeover ? this._window : Buffer.alloc(0);
    const payload = zlib.deflateRawSync(bytes, {
      windowBits: bits,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...(dictionary.length && { dictionary })
    });

    this._window = Buffer.concat([this._window, bytes]).subarray(-WINDOW_BYTES);
    return payload.subarray(0, payload.length - TAIL_BYTES);
  }
}

module.exports = { Encoder };
