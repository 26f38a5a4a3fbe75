'use strict';

// Values that JSON cannot hold, as scenarios write them: an object with one key
// that tells the kind. A scenario has to survive JSON, for the corpus.

/**
 * Decodes bytes.
 *
 * @param {(String|Object)} spec Text, or `{ hex, times }` for repeated bytes
 * @return {Buffer} The bytes
 */
function toBytes(spec) {
  if (typeof spec === 'string') return Buffer.from(spec);

  const bytes = Buffer.from(spec.hex, 'hex');

  return spec.times === undefined
    ? bytes
    : Buffer.alloc(bytes.length * spec.times, bytes);
}

function toArrayBuffer(hex, ArrayBufferClass) {
  const bytes = Buffer.from(hex, 'hex');
  const buffer = new ArrayBufferClass(bytes.length);

  new Uint8Array(buffer).set(bytes);
  return buffer;
}

const kinds = {
  undefined: () => undefined,
  text: ({ times, text }) => text.repeat(times),
  buffer: ({ buffer, times }) => toBytes({ hex: buffer, times }),
  bytes: ({ bytes }) => new Uint8Array(Buffer.from(bytes, 'hex')),
  words: ({ words }) => new Uint16Array(toArrayBuffer(words, ArrayBuffer)),
  // A window in the middle of its memory.
  view: ({ view }) =>
    new DataView(toArrayBuffer(`ee${view}ee`, ArrayBuffer), 1, view.length / 2),
  memory: ({ memory }) => toArrayBuffer(memory, ArrayBuffer),
  shared: ({ shared }) => toArrayBuffer(shared, SharedArrayBuffer),
  blob: ({ blob }) => new Blob([Buffer.from(blob, 'hex')]),
  plain: () => ({}),
  date: ({ date }) => new Date(date)
};

/**
 * Makes a value of what a scenario says.
 *
 * @param {*} spec Something JSON can hold
 * @return {*} The value
 */
function toValue(spec) {
  if (spec === null || typeof spec !== 'object' || Array.isArray(spec)) {
    return spec;
  }

  const kind = Object.keys(kinds).find((key) => key in spec);

  return kind === undefined ? spec : kinds[kind](spec);
}

module.exports = { toBytes, toValue };
