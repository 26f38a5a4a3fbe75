'use strict';

const { describeBytes } = require('./describe');

const OPCODES = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa
};

const NAMES = Object.fromEntries(
  Object.entries(OPCODES).map(([name, opcode]) => [opcode, name.toLowerCase()])
);

const MASKING_KEY = Buffer.from('37fa213d', 'hex');

/**
 * Applies a masking key (RFC 6455, section 5.3).
 *
 * @param {Buffer} payload The payload
 * @param {Buffer} key Four bytes
 * @return {Buffer} A masked copy
 */
function mask(payload, key) {
  return Buffer.from(payload).map((byte, i) => byte ^ key[i & 3]);
}

/**
 * Encodes the payload length in as many bytes as told (RFC 6455, section 5.2).
 *
 * @param {(Number|BigInt)} length The length to declare
 * @param {Number} [bits] 7, 16 or 64; by default the fewest that do
 * @return {Buffer} The bytes; the first one lacks the MASK bit
 */
function encodeLength(length, bits) {
  const width = bits || (length < 126 ? 7 : length < 65536 ? 16 : 64);

  if (width === 7) return Buffer.from([Number(length)]);

  const bytes = Buffer.alloc(width === 16 ? 3 : 9);

  if (width === 16) {
    bytes[0] = 126;
    bytes.writeUInt16BE(Number(length), 1);
  } else {
    bytes[0] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 1);
  }

  return bytes;
}

/**
 * Builds a frame, a valid one unless told otherwise.
 *
 * @param {Object} options
 * @param {Number} options.opcode The opcode
 * @param {(Buffer|String)} [options.payload=''] The payload
 * @param {Boolean} [options.fin=true] The FIN bit
 * @param {Number} [options.rsv=0] RSV1 is 4, RSV2 is 2, RSV3 is 1
 * @param {Boolean} [options.masked=false] Whether to mask the payload
 * @param {Buffer} [options.key] The masking key
 * @param {(Number|BigInt)} [options.length] The length to declare
 * @param {Number} [options.bits] Width of the length field
 * @return {Buffer} The frame
 */
function encodeFrame(options) {
  const payload = Buffer.from(options.payload || '');
  const length = options.length === undefined ? payload.length : options.length;
  const head = encodeLength(length, options.bits);
  const fin = options.fin === false ? 0 : 0x80;
  const first = Buffer.from([fin | ((options.rsv || 0) << 4) | options.opcode]);

  if (!options.masked) return Buffer.concat([first, head, payload]);

  const key = options.key || MASKING_KEY;

  head[0] |= 0x80;
  return Buffer.concat([first, head, key, mask(payload, key)]);
}

/**
 * Builds the payload of a close frame (RFC 6455, section 5.5.1).
 *
 * @param {Number} code The status code
 * @param {(Buffer|String)} [reason=''] The reason
 * @return {Buffer} The payload
 */
function closePayload(code, reason = '') {
  const status = Buffer.alloc(2);

  status.writeUInt16BE(code);
  return Buffer.concat([status, Buffer.from(reason)]);
}

/**
 * Decodes the first frame of some bytes.
 *
 * @param {Buffer} bytes The bytes
 * @return {(Object|null)} The frame and its size, or null if it is incomplete
 */
function decodeFrame(bytes) {
  if (bytes.length < 2) return null;

  let length = bytes[1] & 0x7f;
  let offset = 2;

  if (length >= 126) {
    const width = length === 126 ? 2 : 8;

    if (bytes.length < offset + width) return null;
    length = bytes.readUIntBE(
      offset + (width === 8 ? 2 : 0),
      Math.min(width, 6)
    );
    offset += width;
  }

  const masked = bytes[1] >= 0x80;

  if (masked) offset += 4;

  const size = offset + length;

  if (bytes.length < size) return null;

  const key = bytes.subarray(offset - 4, offset);
  const payload = bytes.subarray(offset, size);

  return {
    fin: bytes[0] >= 0x80,
    rsv: (bytes[0] >> 4) & 7,
    opcode: bytes[0] & 0xf,
    masked,
    key: masked ? Buffer.from(key) : null,
    payload: masked ? mask(payload, key) : Buffer.from(payload),
    size
  };
}

/**
 * Decodes all complete frames.
 *
 * @param {Buffer} bytes The bytes
 * @return {{frames: Object[], rest: Buffer}} The frames, and what is left over
 */
function decodeFrames(bytes) {
  const frames = [];
  let frame;

  while ((frame = decodeFrame(bytes))) {
    frames.push(frame);
    bytes = bytes.subarray(frame.size);
  }

  return { frames, rest: bytes };
}

/**
 * Describes a frame in one line. The masking key is left out: it is random.
 *
 * @param {Object} frame The frame
 * @return {String} The description
 */
function describeFrame(frame) {
  const name = NAMES[frame.opcode] || `opcode ${frame.opcode}`;
  const flags =
    (frame.fin ? '' : ' without FIN') +
    (frame.rsv ? ` with RSV ${frame.rsv}` : '') +
    (frame.masked ? ' masked' : '');

  return `${name}${flags} ${describeBytes(frame.payload)}`;
}

module.exports = {
  MASKING_KEY,
  OPCODES,
  closePayload,
  decodeFrames,
  describeFrame,
  encodeFrame,
  mask
};
