'use strict';

// A global that is a getter takes V8 longer.
const { Buffer } = require('buffer');
const { randomFillSync } = require('crypto');

/** Payload lengths from which on 2 or 8 more bytes are needed (section 5.2). */
const LENGTH_16 = 126;
const LENGTH_64 = 65536;

/**
 * Turns what can be sent into a Buffer, without a copy where possible.
 *
 * @param {*} data What to send
 * @return {Buffer} A view of its bytes
 * @throws {TypeError} If it cannot be sent
 */
function toBuffer(data) {
  if (Buffer.isBuffer(data)) return data;

  if (ArrayBuffer.isView(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  return Buffer.from(data);
}

/**
 * Frames a payload (RFC 6455, section 5.2).
 *
 * @param {(Buffer|String)} data The payload
 * @param {Object} options Options of the frame
 * @param {Boolean} [options.fin=false] The FIN bit
 * @param {Function} [options.generateMask] Fills a Buffer with a masking key
 * @param {Boolean} [options.mask=false] Whether to mask the payload
 * @param {Buffer} [options.maskBuffer] What `generateMask` fills
 * @param {Number} options.opcode The opcode
 * @param {Boolean} [options.readOnly=false] Whether `data` must not be changed
 * @param {Boolean} [options.rsv1=false] The RSV1 bit
 * @return {Buffer[]} The frame: header and payload, or both in one
 */
function frame(data, options) {
  const payload = typeof data === 'string' ? Buffer.from(data) : data;
  const key = options.mask ? maskingKey(options) : null;
  const masked = key !== null && key.some((byte) => byte !== 0);
  // A string has been copied already.
  const merge = masked && options.readOnly && typeof data !== 'string';
  const header = frameHeader(payload.length, options, key, merge);

  if (payload.length === 0) return [header.buffer];

  if (merge) {
    xor(payload, key, header.buffer, header.length);
    return [header.buffer];
  }

  if (masked) xor(payload, key, payload, 0);
  return [header.buffer, payload];
}

function maskingKey({ generateMask, maskBuffer }) {
  const key = maskBuffer || Buffer.alloc(4);

  if (generateMask) generateMask(key);
  else randomFillSync(key, 0, 4);

  return key;
}

/** Writes the header into a Buffer that may have room for the payload too. */
function frameHeader(payloadLength, options, key, withPayload) {
  const extended =
    payloadLength >= LENGTH_64 ? 8 : payloadLength >= LENGTH_16 ? 2 : 0;
  const length = 2 + extended + (key ? 4 : 0);
  const buffer = Buffer.allocUnsafe(
    withPayload ? length + payloadLength : length
  );

  buffer[0] =
    (options.fin ? 0x80 : 0) | (options.rsv1 ? 0x40 : 0) | options.opcode;
  buffer[1] = key ? 0x80 : 0;

  if (extended === 8) {
    buffer[1] |= 127;
    buffer.writeUInt16BE(0, 2);
    buffer.writeUIntBE(payloadLength, 4, 6);
  } else if (extended === 2) {
    buffer[1] |= 126;
    buffer.writeUInt16BE(payloadLength, 2);
  } else {
    buffer[1] |= payloadLength;
  }

  if (key) buffer.set(key, length - 4);

  return { buffer, length };
}

function xor(source, key, target, offset) {
  for (let i = 0; i < source.length; i++) {
    target[offset + i] = source[i] ^ key[i & 3];
  }
}

module.exports = { frame, toBuffer };
