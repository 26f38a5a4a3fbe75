'use strict';

// The way to the native addon: what both sides call things, the connections by
// number, and the start of the native side. `outbox.js` and `inbox.js` carry
// whole batches across the border.

const os = require('os');

const addon = require('./binding.js');

/** Bits of the word that describes a send; the low four are the opcode. */
const SEND = {
  RAW: 0x00,
  OPCODE: 0x0f,
  /** Opcodes from here on are those of control frames. */
  CONTROL: 0x08,
  FIN: 0x10,
  COMPRESS: 0x20,
  MASK: 0x40,
  /** A masking key of four bytes stands before the payload. */
  KEY: 0x80,
  RECEIPT: 0x100,
  /** The payload is the object that was just sent on another connection. */
  TO_MANY: 0x200
};

/** Kinds of records; those of frames are their opcodes. */
const KIND = {
  TEXT: 1,
  BINARY: 2,
  CLOSE: 8,
  PING: 9,
  PONG: 10,
  BYTES: 15,
  PROTOCOL_ERROR: 16,
  END: 17,
  SOCKET_ERROR: 18,
  CLOSED: 19,
  SENT: 20,
  PONG_OVERFLOW: 21,
  HEARTBEAT_TIMEOUT: 22,
  FINISHED: 23,
  DRAINED: 24,
  REST: 25,

  /** Several compressed messages came in the same chunk, before the error. */
  LATE_PROTOCOL_ERROR: 26
};

/** Words of a record, in both directions. */
const RECORD_WORDS = 4;

const MAX_DEFAULT_LANES = 4;

/** Transports on lanes by the number the native side knows them by. */
const connections = [];
const freeNumbers = [];

/** Functions of modules that need this one; see `listen()`. */
let listeners;

let adopted = 0;
let held = 0;

/**
 * The addon's functions for this copy of the module. There can be several in a
 * thread, which have nothing to do with each other: test runners load modules
 * anew for every file.
 */
const binding = bindTo(addon.createInstance());

function bindTo(instance) {
  const { MessageCodec, ...functions } = addon;
  const bound = Object.entries(functions).map(([name, value]) => [
    name,
    value.bind(undefined, instance)
  ]);

  return Object.fromEntries([['MessageCodec', MessageCodec], ...bound]);
}

/**
 * Tells what is to be called. It cannot be required here: once the cache of
 * `require` was emptied, that would find a later copy of the module.
 *
 * @param {Object} functions
 * @param {Function} functions.drain Delivers what the lanes have received
 * @param {Function} functions.end Writes what was sent: the process ends
 */
function listen(functions) {
  listeners = functions;
}

/**
 * Starts the lanes, again if another copy's start has ended them.
 *
 * @return {Boolean} Whether there are lanes now
 */
function startLanes() {
  const lanes = Number.parseInt(process.env.OXWS_LANES, 10);
  const spare = os.cpus().length - 1;

  return binding.startLanes(
    listeners.drain,
    lanes > 0 ? lanes : Math.max(1, Math.min(MAX_DEFAULT_LANES, spare))
  );
}

/**
 * Reserves the number a new connection is known by.
 *
 * @return {Number} The number
 */
function reserveNumber() {
  return freeNumbers.length ? freeNumbers.pop() : connections.push(null) - 1;
}

/**
 * Moves a connected socket to a lane.
 *
 * @param {LaneTransport} transport Who is told what happens to it
 * @param {Number} fd Its descriptor, which is duplicated
 * @param {Buffer} head What was received on it already
 * @param {Object} options Options of the connection
 * @return {Number} The connection's number, -1 if there are no lanes or
 *     descriptors
 */
function adopt(transport, fd, head, options) {
  if (!binding.hasLanes() && !startLanes()) return -1;

  const number = reserveNumber();

  if (binding.adopt(number, fd, head, options) !== 0) {
    freeNumbers.push(number);
    return -1;
  }

  // What was sent in the last tick must not be lost.
  if (adopted++ === 0) process.on('exit', listeners.end);
  connections[number] = transport;
  return number;
}

/**
 * Gives the number of a connection free. Nothing is heard of it any more.
 *
 * @param {Number} number The number
 */
function release(number) {
  if (connections[number] && --adopted === 0) {
    process.off('exit', listeners.end);
  }

  connections[number] = null;
  freeNumbers.push(number);
}

/** Counts a connection that keeps the event loop alive. */
function hold() {
  if (held++ === 0) binding.holdEventLoop(true);
}

/** Counts one such connection less. */
function unhold() {
  if (--held === 0) binding.holdEventLoop(false);
}

module.exports = {
  adopt,
  binding,
  connections,
  hold,
  KIND,
  listen,
  RECORD_WORDS,
  release,
  reserveNumber,
  SEND,
  unhold
};
