'use strict';

const { isUtf8 } = require('buffer');

const { OPCODES } = require('../support/frames');
const { ENDED } = require('./generate-input');
const { toBytes } = require('./values');

// What may differ. Each entry has a row or an item in docs/differences.md; its
// first words are here.

/** Errors of zlib differ in their words only. */
const ZLIB_ERROR = /code: "Z_/;

const RSV1 = 4;

const declared = [
  {
    row: 'Invalid UTF-8 in a text message that comes in pieces',
    applies: ({ difference, ours, scenario }) =>
      ours.some((line) => line.includes('INVALID_UTF8')) &&
      sentBefore(scenario, difference, isInvalidText)
  },
  {
    row: 'Automatic pongs',
    applies: ({ difference, scenario, transport }) =>
      transport === 'lane' &&
      difference.track === 'pongs' &&
      difference.actual.length > difference.expected.length &&
      // JS was to learn of the ping later, and would not have answered then.
      (scenario.reactions !== undefined ||
        scenario.options.allowSynchronousEvents === false ||
        callLists(scenario).some((calls) => calls.some(isMethod('pause'))))
  },
  {
    row: 'Automatic pongs',
    // They do not wait behind what is being read or compressed.
    applies: ({ difference, scenario, transport }) =>
      transport === 'lane' &&
      difference.track !== 'wire' &&
      sentBefore(scenario, difference, isPing) &&
      withoutAmounts(difference.actual) === withoutAmounts(difference.expected)
  },
  {
    row: 'Compressed messages received at once',
    applies: ({ difference, scenario }) =>
      scenario.deflate !== undefined &&
      (scenario.reactions !== undefined ||
        withoutStates(difference.expected) ===
          withoutStates(difference.actual)) &&
      sentBefore(scenario, difference, ({ compress }) => compress)
  },
  {
    row: 'A protocol error and the end, both received during a pause',
    applies: ({ difference, scenario, theirs, transport }) =>
      transport === 'lane' &&
      difference.track === 'wire' &&
      theirs.some((line) => line.startsWith('error')) &&
      difference.actual.includes('end') &&
      callLists(scenario).some((calls) => calls.some(isMethod('pause')))
  },
  {
    row: '`resume()` of a socket that was destroyed during a pause',
    applies: ({ difference, scenario, transport }) =>
      transport === 'lane' &&
      difference.track === 'events' &&
      difference.actual.length >= difference.expected.length &&
      callLists(scenario).some(
        (calls) =>
          calls.some(isMethod('terminate')) && calls.some(isMethod('resume'))
      )
  },
  {
    row: 'A Blob behind a message that is being compressed',
    applies: ({ difference: { actual, expected } }) =>
      actual.some((line) => line.includes('the blob was being read')) &&
      expected.some((line) => line.includes('data was being compressed'))
  },
  {
    row: 'A listener that throws',
    applies: ({ thrown }) => thrown
  },
  {
    row: 'Blocks behind one with BFINAL set',
    applies: ({ difference, scenario }) =>
      sentBefore(
        scenario,
        difference,
        (item) => isDamaged(item) && ENDED.includes(item.payload.hex)
      )
  },
  {
    row: 'Truncated or damaged compressed messages',
    // What ws delivers of them may spoil all that follows.
    applies: ({ difference, scenario }) =>
      sentBefore(scenario, difference, isDamaged)
  }
];

/**
 * @param {Object} found What was found, see compare.js
 * @return {(String|undefined)} The row of docs/differences.md it belongs to
 */
function findDifference(found) {
  const entry = declared.find(({ applies }) => applies(found));
  return entry && entry.row;
}

/**
 * Leaves out of a line what never has to be the same: "Errors of damaged
 * compressed data have zlib's `code` and `errno`".
 *
 * @param {String} line A line
 * @return {String} What of it is compared
 */
function comparable(line) {
  if (!ZLIB_ERROR.test(line)) return line;

  return line
    .replace(/Error\("[^"]*"\)/, 'Error(of zlib)')
    .replace(/, "[^"]*"$/, ', of zlib');
}

/** Whether the peer has sent such an item at the time of the difference. */
function sentBefore({ steps }, { label }, matches) {
  const number = /^step (\d+)$/.exec(label);
  const sent = number ? steps.slice(0, number[1]) : steps;

  return sent.some(({ write = [] }) => write.some(matches));
}

/** Fragments that are items of their own may become one. */
function isInvalidText({ bytes, data, fin, length, message, opcode }) {
  return (
    bytes !== undefined ||
    (opcode === OPCODES.TEXT && (fin === false || length !== undefined)) ||
    (message === 'text' && !isUtf8(toBytes(data)))
  );
}

function isDamaged({ damaged, rsv }) {
  return damaged || rsv === RSV1;
}

function isPing({ between, opcode }) {
  return opcode === OPCODES.PING || (between !== undefined && isPing(between));
}

/** Lines of the track 'events' without the readyState. */
function withoutStates(lines) {
  return lines.join('\n').replace(/\[[A-Z]+\]/g, '');
}

/** Lines without `bufferedAmount`. */
function withoutAmounts(lines) {
  return lines.join('\n').replace(/bufferedAmount \d+/g, '');
}

function callLists({ reactions = [], steps }) {
  return [...reactions, ...steps].map(({ calls = [] }) => calls);
}

function isMethod(name) {
  return ({ method }) => method === name;
}

module.exports = { comparable, declared, findDifference };
