/**
 * Payloads that whoever receives them can check, without any of them being kept.
 */

import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4 << 20;

/** The length of one message in so many, in bytes. */
const LENGTHS = [
  { oneIn: 1000, most: 1 << 20 },
  { oneIn: 20, most: 1 << 16 },
  { oneIn: 4, most: 1 << 12 },
  { oneIn: 1, most: 1 << 8 }
];

const BINARY_POOL = randomBytes(POOL_BYTES);

/** Sixteen characters only: it can be compressed to about a half. */
const TEXT_POOL = Buffer.from(randomBytes(POOL_BYTES / 2).toString('hex'));

function randomBelow(limit) {
  return Math.floor(Math.random() * limit);
}

/**
 * Chooses a payload: mostly a short one, sometimes one that fits no buffer.
 *
 * @param {boolean} isText Whether it is text
 * @return {Buffer} The payload
 */
export function choosePayload(isText) {
  const pool = isText ? TEXT_POOL : BINARY_POOL;
  const { most } = LENGTHS.find(({ oneIn }) => randomBelow(oneIn) === 0);
  const length = randomBelow(most);
  const start = randomBelow(pool.length - length);

  return pool.subarray(start, start + length);
}

const NUMBER_BYTES = 8;

/**
 * Makes a message of a numbered sequence.
 *
 * @param {number} number Its number
 * @param {number} length Its length in bytes
 * @return {Buffer} The message
 */
export function numbered(number, length) {
  const message = Buffer.alloc(length, number & 0xff);

  message.writeDoubleBE(number);
  return message;
}

/**
 * Checks a message of a numbered sequence.
 *
 * @param {Buffer} message The message
 * @return {number} Its number; `NaN` if the message is damaged
 */
export function numberOf(message) {
  if (message.length < NUMBER_BYTES) return NaN;

  const number = message.readDoubleBE(0);
  const expected = numbered(number, message.length);

  return message.equals(expected) ? number : NaN;
}
