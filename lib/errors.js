'use strict';

const { kStatusCode } = require('./constants');

/**
 * @typedef {Object} ErrorKind
 * @property {Function} ctor The class of the error
 * @property {Function} message Makes the message from the number's detail
 * @property {String} code The value of the error's `code` property
 * @property {Number} closeCode Status of the close frame the peer is sent
 */

/**
 * Describes a frame that breaks a rule of RFC 6455.
 *
 * @param {String} code The part of the code behind `WS_ERR_`
 * @param {Function} rule Makes the part of the message that names the rule
 * @param {Object} [overrides] Properties that differ from the usual ones
 * @return {ErrorKind} The table's entry
 */
function invalidFrame(code, rule, overrides) {
  return {
    ctor: RangeError,
    message: (detail) => `Invalid WebSocket frame: ${rule(detail)}`,
    code: `WS_ERR_${code}`,
    closeCode: 1002,
    ...overrides
  };
}

/**
 * Describes a message that exceeds a limit.
 *
 * @param {String} code The part of the code behind `WS_ERR_`
 * @param {String} text The message
 * @param {Number} closeCode Status of the close frame
 * @return {ErrorKind} The table's entry
 */
function limitExceeded(code, text, closeCode) {
  return {
    ctor: RangeError,
    message: () => text,
    code: `WS_ERR_${code}`,
    closeCode
  };
}

/** @type {Object.<Number, ErrorKind>} By the numbers the native engine uses. */
const ERRORS = {
  1: invalidFrame('UNEXPECTED_RSV_2_3', () => 'RSV2 and RSV3 must be clear'),
  2: invalidFrame('UNEXPECTED_RSV_1', () => 'RSV1 must be clear'),
  3: invalidFrame('INVALID_OPCODE', (opcode) => `invalid opcode ${opcode}`),
  4: invalidFrame('EXPECTED_FIN', () => 'FIN must be set'),
  5: invalidFrame(
    'INVALID_CONTROL_PAYLOAD_LENGTH',
    (length) => `invalid payload length ${length}`
  ),
  6: invalidFrame('EXPECTED_MASK', () => 'MASK must be set'),
  7: invalidFrame('UNEXPECTED_MASK', () => 'MASK must be clear'),
  8: invalidFrame(
    'INVALID_CLOSE_CODE',
    (closeCode) => `invalid status code ${closeCode}`
  ),
  9: invalidFrame('INVALID_UTF8', () => 'invalid UTF-8 sequence', {
    ctor: Error,
    closeCode: 1007
  }),
  10: limitExceeded(
    'UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
    1009
  ),
  11: limitExceeded(
    'UNSUPPORTED_MESSAGE_LENGTH',
    'Max payload size exceeded',
    1009
  ),
  12: limitExceeded(
    'TOO_MANY_BUFFERED_PARTS',
    'Too many message fragments',
    1008
  ),
  13: limitExceeded(
    'TOO_MANY_BUFFERED_PARTS',
    'Too many buffered chunks',
    1008
  ),
  15: {
    ctor: Error,
    message: () => 'Internal error of the protocol engine',
    code: 'WS_ERR_INTERNAL',
    closeCode: 1011
  }
};

/** The number whose detail is an error number of zlib. */
const ZLIB_ERROR = 14;

/** RFC 6455, section 7.4.1: a payload that is not what it claims to be. */
const ZLIB_CLOSE_CODE = 1007;

const Z_DATA_ERROR = -3;

// Codes and messages as the streams of the `zlib` module have them.
const ZLIB_ERRORS = {
  2: { code: 'Z_NEED_DICT', message: 'Missing dictionary' },
  [-2]: { code: 'Z_STREAM_ERROR', message: 'Zlib error' },
  [Z_DATA_ERROR]: { code: 'Z_DATA_ERROR', message: 'invalid compressed data' },
  [-4]: { code: 'Z_MEM_ERROR', message: 'Zlib error' },
  [-5]: { code: 'Z_BUF_ERROR', message: 'unexpected end of file' }
};

/**
 * Makes an error like those of the `zlib` module.
 *
 * @param {Number} errno The error number of zlib
 * @return {Error} The error, with the properties `errno` and `code`
 */
function createZlibError(errno) {
  const { code, message } = ZLIB_ERRORS[errno] || ZLIB_ERRORS[Z_DATA_ERROR];

  return Object.assign(new Error(message), { errno, code });
}

/**
 * Makes the error for a number the native engine reports.
 *
 * @param {Number} number The number
 * @param {Number} detail The number in the message, or zlib's error number
 * @return {(Error|RangeError)} The error, with an enumerable `code`
 */
function createError(number, detail) {
  let error;

  if (number === ZLIB_ERROR) {
    // An unsigned 32-bit number on its way here.
    error = createZlibError(detail | 0);
  } else {
    const { ctor, message, code } = ERRORS[number];

    error = Object.assign(new ctor(message(detail)), { code });
  }

  Error.captureStackTrace(error, createError);
  error[kStatusCode] = closeCodeOf(number);
  return error;
}

/**
 * The status code a peer is sent when its bytes caused an error.
 *
 * @param {Number} number The number the native engine reports
 * @return {Number} The status code of the close frame
 */
function closeCodeOf(number) {
  return number === ZLIB_ERROR ? ZLIB_CLOSE_CODE : ERRORS[number].closeCode;
}

module.exports = { closeCodeOf, createError };
