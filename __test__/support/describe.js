'use strict';

const { createHash } = require('crypto');
const { types } = require('util');

const LONG = 100;

/**
 * Describes bytes: as text if they are printable ASCII, else in hexadecimal,
 * and by a digest if they are many.
 *
 * @param {Buffer} bytes The bytes
 * @return {String} The description
 */
function describeBytes(bytes) {
  if (bytes.length > LONG) {
    const digest = createHash('sha1').update(bytes).digest('hex');
    return `${bytes.length} bytes with digest ${digest.slice(0, 12)}`;
  }

  const text = bytes.toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? `'${text}'` : bytes.toString('hex');
}

/**
 * Describes an error: class, message, and every enumerable own property.
 *
 * @param {Error} error The error
 * @param {Function} rename Replaces what differs from run to run in a string
 * @return {String} The description
 */
function describeError(error, rename) {
  const properties = Object.keys(error)
    .filter((key) => key !== 'rawPacket')
    .map((key) => {
      if (key === 'port') return 'port: <port>';
      return `${key}: ${describe(error[key], rename)}`;
    });

  return (
    `${error.constructor.name}(${JSON.stringify(rename(error.message))})` +
    (properties.length ? ` {${properties.join(', ')}}` : '')
  );
}

/**
 * Describes a binary value with the class it has.
 *
 * @param {*} value The value
 * @return {(String|undefined)} The description, if the value is a binary one
 */
function describeBinary(value) {
  if (types.isAnyArrayBuffer(value)) {
    const name = value.constructor.name;
    return `${name} ${describeBytes(Buffer.from(value))}`;
  }

  if (!ArrayBuffer.isView(value)) return undefined;

  const { buffer, byteOffset, byteLength } = value;
  const prototype = Object.getPrototypeOf(value);
  const name =
    prototype === Buffer.prototype ? 'Buffer' : prototype.constructor.name;

  return `${name} ${describeBytes(Buffer.from(buffer, byteOffset, byteLength))}`;
}

/**
 * Describes an object that is neither an error nor binary.
 *
 * @param {Object} value The object
 * @param {Function} rename Replaces what differs from run to run in a string
 * @return {String} The description
 */
function describeObject(value, rename) {
  const inner = (element) => describe(element, rename);

  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Set) return `Set {${[...value].map(inner).join(', ')}}`;
  if (typeof Blob === 'function' && value instanceof Blob) {
    return `${value.constructor.name} of ${value.size} bytes`;
  }

  const prototype = Object.getPrototypeOf(value);

  if (prototype !== null && prototype !== Object.prototype) {
    return `a ${value.constructor.name}`;
  }

  const entries = Reflect.ownKeys(value).map(
    (key) => `${String(key)}: ${inner(value[key])}`
  );

  return `${prototype === null ? 'null-prototype ' : ''}{${entries.join(', ')}}`;
}

/**
 * Describes any value in one line that is the same in every run, so that what
 * two implementations produce can be compared as text.
 *
 * @param {*} value The value
 * @param {Function} [rename] Replaces what differs from run to run in a string
 * @return {String} The description
 */
function describe(value, rename = (text) => text) {
  switch (typeof value) {
    case 'string':
      return value.length > 8 * LONG
        ? `string of ${describeBytes(Buffer.from(value))}`
        : JSON.stringify(rename(value));
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return `function ${value.name}/${value.length}`;
    case 'object':
      break;
    default:
      return String(value);
  }

  if (value === null) return 'null';
  if (types.isNativeError(value)) return describeError(value, rename);
  return describeBinary(value) || describeObject(value, rename);
}

module.exports = { describe, describeBytes };
