'use strict';

const { inspect } = require('util');

/** The longest delay a timer of Node.js can have, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

// `tchar` of RFC 9110, section 5.6.2: visible ASCII without the delimiters.
const IS_TOKEN_CHAR = new Array(128).fill(false);

for (let code = 0x21; code < 0x7f; code++) {
  IS_TOKEN_CHAR[code] = !'"(),/:;<=>?@[\\]{}'.includes(
    String.fromCharCode(code)
  );
}

/**
 * Tells whether a UTF-16 code unit is a character a token may contain.
 *
 * @param {Number} code The code unit
 * @return {Boolean} `true` if a token may contain it
 */
function isTokenChar(code) {
  return code < 128 && IS_TOKEN_CHAR[code];
}

/**
 * Tells whether a value is a token, the form of a subprotocol's name
 * (RFC 6455, section 4.1, item 10).
 *
 * @param {*} value The value to check
 * @return {Boolean} `true` if `value` is a non-empty string of token characters
 */
function isToken(value) {
  if (typeof value !== 'string' || value === '') return false;

  for (let i = 0; i < value.length; i++) {
    if (!isTokenChar(value.charCodeAt(i))) return false;
  }

  return true;
}

/**
 * Tells whether a status code may travel in a close frame (RFC 6455, sections
 * 7.4.1 and 7.4.2, and the codes registered with IANA since).
 *
 * @param {Number} code The status code
 * @return {Boolean} `true` if the code may be sent
 */
function isValidStatusCode(code) {
  if (code >= 3000) return code <= 4999;
  if (code >= 1007) return code <= 1014;
  return code >= 1000 && code <= 1003;
}

/**
 * Tells whether a value is a `Blob` or `File`, also one that is not made by
 * the classes of Node.js.
 *
 * @param {*} value The value to check
 * @return {Boolean} `true` if `value` can be read like a `Blob`
 */
function isBlob(value) {
  if (typeof value !== 'object' || value === null) return false;

  // What is sent most often; V8 takes long to find out that it has no such tag.
  if (ArrayBuffer.isView(value)) return false;

  const tag = value[Symbol.toStringTag];

  return (
    (tag === 'Blob' || tag === 'File') &&
    typeof value.type === 'string' &&
    typeof value.arrayBuffer === 'function' &&
    typeof value.stream === 'function'
  );
}

/**
 * Checks a duration of the `heartbeat` option.
 *
 * @param {String} name The property's name
 * @param {*} value The property's value
 * @return {Number} Whole milliseconds, at most what a timer can wait for
 * @throws {TypeError} If the value is not a number
 * @throws {RangeError} If it is not positive or not finite
 */
function toDelay(name, value) {
  const rule =
    `The "heartbeat.${name}" option must be a positive finite number of ` +
    'milliseconds';

  if (typeof value !== 'number') {
    throw new TypeError(`${rule}. Received ${inspect(value)}`);
  }

  if (!(value > 0 && value < Infinity)) {
    throw new RangeError(`${rule}. Received ${value}`);
  }

  return Math.min(Math.ceil(value), LONGEST_DELAY);
}

/**
 * Checks an option that limits something.
 *
 * @param {String} name The option's name
 * @param {*} value The option's value; `undefined` and `null` mean no limit
 * @param {String} unit What it counts
 * @return {(Number|undefined)} The value; 0 or `undefined` for no limit
 * @throws {TypeError} If the value is not a number
 * @throws {RangeError} If it is negative or not finite
 */
function resolveLimit(name, value, unit) {
  if (value === undefined || value === null) return undefined;

  const rule =
    `The "${name}" option must be a finite number of ${unit}, 0 or more; ` +
    '0 means no limit';

  if (typeof value !== 'number') {
    throw new TypeError(`${rule}. Received ${inspect(value)}`);
  }

  if (!(value >= 0 && value < Infinity)) {
    throw new RangeError(`${rule}. Received ${value}`);
  }

  return value;
}

/**
 * Checks an option that limits a time.
 *
 * @param {String} name The option's name
 * @param {*} value The option's value; `undefined` and `null` mean no limit
 * @return {(Number|undefined)} Whole milliseconds, at most what a timer can wait
 *     for; 0 or `undefined` for no limit
 * @throws {TypeError} If the value is not a number
 * @throws {RangeError} If it is negative or not finite
 */
function resolveTimeout(name, value) {
  const timeout = resolveLimit(name, value, 'milliseconds');

  return timeout && Math.min(Math.ceil(timeout), LONGEST_DELAY);
}

/**
 * Checks the `heartbeat` option of a client or a server.
 *
 * @param {Object} [heartbeat] The option's value; `undefined`, `null` and
 *     `false` mean no heartbeat
 * @param {Number} heartbeat.interval Milliseconds without a byte from the peer
 *     after which a ping is sent
 * @param {Number} [heartbeat.timeout=heartbeat.interval] Milliseconds the peer
 *     has to answer that ping before the connection is destroyed
 * @return {(Object|undefined)} Both durations in whole milliseconds, or
 *     `undefined`
 * @throws {TypeError} If the option is not an object, or a duration not a
 *     number
 * @throws {RangeError} If a duration is not positive or not finite
 */
function resolveHeartbeat(heartbeat) {
  if (heartbeat === undefined || heartbeat === null || heartbeat === false) {
    return undefined;
  }

  if (typeof heartbeat !== 'object') {
    throw new TypeError(
      'The "heartbeat" option must be an object with the properties ' +
        `"interval" and "timeout". Received ${inspect(heartbeat)}`
    );
  }

  const { interval, timeout = interval } = heartbeat;

  return {
    interval: toDelay('interval', interval),
    timeout: toDelay('timeout', timeout)
  };
}

module.exports = {
  isBlob,
  isToken,
  isTokenChar,
  isValidStatusCode,
  resolveHeartbeat,
  resolveLimit,
  resolveTimeout
};
