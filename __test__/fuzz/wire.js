'use strict';

// What a WebSocket has written, as lines: frames without their masks, messages
// without their compression.

const zlib = require('zlib');

const { describeBytes } = require('../support/describe');
const { OPCODES, decodeFrames, describeFrame } = require('../support/frames');

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const WINDOW_BYTES = 32 * 1024;

/** What the payloads of pongs begin with that the program sends itself. */
const USER = 'u'.charCodeAt(0);

/** Reads frames off a peer and notes them. */
class Wire {
  /**
   * @param {RawPeer} peer The peer
   * @param {Function} note Gets the name of a track and a line
   * @param {Boolean} pongsApart Whether automatic pongs may overtake
   */
  constructor(peer, note, pongsApart) {
    this._compressed = null;
    this._note = note;
    this._peer = peer;

    /** Length of the incomplete frame that was left. */
    this._rest = 0;
    this._pongsApart = pongsApart;
    this._told = false;
    this._window = Buffer.alloc(0);
  }

  /** Notes all that has come since the last call. */
  take() {
    const peer = this._peer;

    if (peer.bytes.length !== this._rest) {
      const { frames, rest } = decodeFrames(peer.bytes);

      peer.bytes = rest;
      this._rest = rest.length;
      for (const frame of frames) this._frame(frame);
    }

    if (!this._told && (peer.ended || peer.closed)) {
      this._told = true;
      if (peer.bytes.length) {
        this._note('wire', `incomplete ${describeBytes(peer.bytes)}`);
      }
      this._note(
        'wire',
        peer.ended ? 'end' : `broken off ${peer.error && peer.error.code}`
      );
    }
  }

  _frame(frame) {
    if (frame.rsv === 4 || (this._compressed && frame.opcode === 0)) {
      this._fragment(frame);
    } else {
      const automatic =
        frame.opcode === OPCODES.PONG && frame.payload[0] !== USER;

      this._note(
        automatic && this._pongsApart ? 'pongs' : 'wire',
        describeFrame(frame)
      );
    }
  }

  _fragment(frame) {
    this._compressed = this._compressed || [];
    this._compressed.push(frame.payload);
    // How the bytes are spread over the fragments is up to the compressor.
    this._note('wire', describeFrame({ ...frame, payload: Buffer.alloc(0) }));

    if (!frame.fin) return;

    this._note('wire', `inflated ${this._inflate()}`);
    this._compressed = null;
  }

  _inflate() {
    try {
      const message = zlib.inflateRawSync(
        Buffer.concat([...this._compressed, TAIL]),
        {
          finishFlush: zlib.constants.Z_SYNC_FLUSH,
          ...(this._window.length && { dictionary: this._window })
        }
      );

      this._window = Buffer.concat([this._window, message]).subarray(
        -WINDOW_BYTES
      );
      return describeBytes(message);
    } catch (error) {
      return error.message;
    }
  }
}

module.exports = { Wire };
