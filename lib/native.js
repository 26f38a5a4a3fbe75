'use strict';

// The only module that talks to the native addon. It carries whole batches
// across the border: what a tick sent in one call of `flush()`, what the lanes
// received in one call of `drain()`.

const binding = require('./binding.js');

const { EMPTY_BUFFER } = require('./constants');

const FastBuffer = Buffer[Symbol.species];

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
  RECEIPT: 0x100
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
  FINISHED: 23
};

/** Flag in a record's second word: the payload has to be fetched. */
const APART = 0x100;

const RECORD_WORDS = 4;
const PAGE_RECORDS = 1024;
const SEND_RECORDS = 1024;
const RECEIPTS = 512;
const SLAB_BYTES = 128 * 1024;

/** Longer payloads do not go through the slab. */
const STAGED_BYTES = 4096;

/**
 * Small received payloads are put into pools. A pool is kept in memory by each
 * message in it, so one for tiny messages is small.
 */
const SMALL_POOL_BYTES = 16 * 1024;
const LARGE_POOL_BYTES = 64 * 1024;

/** Mean payload length from which on a large pool is used. */
const LARGE_POOL_PAYLOAD = 256;

/** A small payload has at most this many bytes. */
const INLINE_BYTES = 4096;

/** From here on a payload is handed over with its memory, not copied. */
const SHARED_BYTES = 64 * 1024;

/** Pages JS is told before timers and other sockets get their turn. */
const PAGES_PER_TURN = 16;

/** Pages after which what listeners have sent is written. */
const PAGES_PER_FLUSH = 4;

/** Transports on lanes by the number the native side knows them by. */
const connections = [];
const freeNumbers = [];

// Receiving.
const page = new Uint32Array(PAGE_RECORDS * RECORD_WORDS);
let pool = EMPTY_BUFFER.buffer;
let poolView = EMPTY_BUFFER;
let poolUsed = 0;
let poolPayloads = 1;
let pageLength = 0;
let pageNext = 0;
let draining = false;

/** Changes with every page; what a pause counts from. */
let pageNumber = 0;

// Sending.
let slab = null;
let slabUsed = 0;
const sends = new Uint32Array(SEND_RECORDS * RECORD_WORDS);
let sendCount = 0;
const receipts = new Uint32Array(2 * RECEIPTS);
let unwritten = false;
let flushScheduled = false;

// Callbacks of sends that were written.
let written = [];
let callbacksScheduled = false;

let started = false;
let held = 0;

/** Starts the native side of this environment. */
function start() {
  const lanes = Number.parseInt(process.env.OXWS_LANES, 10);
  const cores = require('os').cpus().length;

  started = true;
  slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  binding.init(
    drain,
    lanes > 0 ? lanes : Math.max(1, Math.min(MAX_DEFAULT_LANES, cores - 1))
  );

  // What was sent in this tick must not be lost if it ends the process.
  process.on('exit', flush);
}

const MAX_DEFAULT_LANES = 4;

/**
 * Reserves the number a new connection is known by.
 *
 * @return {Number} The number
 */
function reserveNumber() {
  if (!started) start();

  return freeNumbers.length ? freeNumbers.pop() : connections.push(null) - 1;
}

/**
 * Moves a connected socket to a lane.
 *
 * @param {LaneTransport} transport Who is told what happens to it
 * @param {Number} fd Its descriptor, which is duplicated
 * @param {Buffer} head What was received on it already
 * @param {Object} options Options of the connection
 * @return {Number} The connection's number, -1 if the system refused
 */
function adopt(transport, fd, head, options) {
  const number = reserveNumber();

  if (binding.adopt(number, fd, head, options) !== 0) {
    freeNumbers.push(number);
    return -1;
  }

  connections[number] = transport;
  return number;
}

/**
 * Gives the number of a connection free. Nothing is heard of it any more.
 *
 * @param {Number} number The number
 */
function release(number) {
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

// --- Sending ---

/**
 * Sends a payload: at the end of the tick if it is small, otherwise at once.
 *
 * @param {Number} number The connection's number
 * @param {Number} word What to send, bits of `SEND`
 * @param {(Buffer|String)} data The payload
 * @param {Buffer} [key] The masking key if `word` has the bit for it
 */
function send(number, word, data, key) {
  if (typeof data === 'string') {
    // A UTF-16 code unit takes at most three bytes.
    if (data.length * 3 <= STAGED_BYTES) {
      stageString(number, word, data, key);
      return;
    }

    data = Buffer.from(data);
  }

  if (data.length > STAGED_BYTES) {
    sendApart(number, word, data, key);
    return;
  }

  const start = beginRecord(number, word, data.length, key);

  if (data.length <= SHORT_COPY) {
    for (let i = 0; i < data.length; i++) slab[slabUsed + i] = data[i];
  } else {
    slab.set(data, slabUsed);
  }

  endRecord(start, data.length);
}

/** Up to this length a loop beats a call of `TypedArray.prototype.set()`. */
const SHORT_COPY = 32;

function stageString(number, word, data, key) {
  const start = beginRecord(number, word, data.length * 3, key);

  endRecord(start, slab.utf8Write(data, slabUsed, data.length * 3));
}

/**
 * Opens a record in the slab, flushing first if there is no room.
 *
 * @return {Number} Where the record's bytes start
 */
function beginRecord(number, word, maxLength, key) {
  if (sendCount === SEND_RECORDS || slabUsed + maxLength + 4 > SLAB_BYTES) {
    append();
  }

  const start = slabUsed;
  const at = sendCount * RECORD_WORDS;

  sends[at] = number;
  sends[at + 1] = word;
  sends[at + 2] = start;

  if (key) {
    slab.set(key, start);
    slabUsed += 4;
  }

  return start;
}

function endRecord(start, length) {
  slabUsed += length;
  sends[sendCount * RECORD_WORDS + 3] = slabUsed - start;
  sendCount++;
  scheduleFlush();
}

function sendApart(number, word, data, key) {
  append();

  // Shared memory may change while the native side reads it.
  if (key) data = Buffer.concat([key, data]);
  else if (!(data.buffer instanceof ArrayBuffer)) data = Buffer.from(data);

  binding.sendApart(number, word, data);
  scheduleFlush();
}

/** Empties the slab. */
function append() {
  if (sendCount === 0) return;

  binding.append(sends, sendCount, slab);
  sendCount = 0;
  slabUsed = 0;
}

function scheduleFlush() {
  unwritten = true;

  // The end of a batch flushes anyhow.
  if (draining || flushScheduled) return;

  flushScheduled = true;
  process.nextTick(flushTick);
}

function flushTick() {
  flushScheduled = false;
  flush();
  callCallbacks();
}

/**
 * Hands everything sent so far to the kernel, as far as it takes it.
 *
 * @return {Boolean} Whether there was anything
 */
function flush() {
  if (!unwritten) return false;

  unwritten = false;
  append();

  let count;

  do {
    count = binding.writeAll(receipts);
    for (let i = 0; i < count; i++)
      settle(receipts[2 * i], receipts[2 * i + 1]);
  } while (count === RECEIPTS);

  return true;
}

/**
 * Notes that sends were written; their callbacks are called in the next tick.
 *
 * @param {Number} number The connection's number
 * @param {Number} count How many of them have callbacks
 */
function settle(number, count) {
  const transport = connections[number];

  if (count === 0 || !transport) return;

  for (let i = 0; i < count; i++) written.push(transport.callbacks.shift());

  if (!callbacksScheduled) {
    callbacksScheduled = true;
    process.nextTick(callCallbacks);
  }
}

function callCallbacks() {
  callbacksScheduled = false;
  if (written.length === 0) return;

  const callbacks = written;
  let called = 0;

  written = [];

  try {
    while (called < callbacks.length) callbacks[called++](null);
  } finally {
    if (called < callbacks.length) {
      // One threw; the others are called all the same, and before later ones.
      written = callbacks.slice(called).concat(written);
      process.nextTick(callCallbacks);
    }
  }
}

// --- Receiving ---

/** Delivers everything the lanes have received: the doorbell's listener. */
function drain() {
  // A listener has led back here: the loop below is on its way.
  if (draining) return;

  let done = false;

  draining = true;

  try {
    drainPages();
    done = true;
  } finally {
    draining = false;

    // A listener threw: nothing else may be lost, neither what it has sent nor
    // what is still to be delivered.
    if (!done) {
      flush();
      setImmediate(drain);
    }
  }
}

function drainPages() {
  for (let pages = 1; pages <= PAGES_PER_TURN; pages++) {
    if (pageNext === pageLength && !nextPage()) {
      // Nothing is left but the answers. Something may come while they go out.
      if (!flush() || !nextPage()) return;
    }

    dispatch();
    if (pages % PAGES_PER_FLUSH === 0) flush();
  }

  flush();
  binding.postpone();
}

function nextPage() {
  if (poolView.length - poolUsed < INLINE_BYTES) newPool();

  pageLength = binding.drain(page, poolView, poolUsed);
  pageNext = 0;
  pageNumber++;
  return pageLength > 0;
}

function newPool() {
  // The last payloads tell how long the next ones will be.
  const size =
    poolUsed >= poolPayloads * LARGE_POOL_PAYLOAD
      ? LARGE_POOL_BYTES
      : SMALL_POOL_BYTES;

  poolView = Buffer.allocUnsafeSlow(size);
  pool = poolView.buffer;
  poolUsed = 0;
  poolPayloads = 0;
}

function dispatch() {
  while (pageNext < pageLength) {
    const index = pageNext++;
    const at = index * RECORD_WORDS;
    const transport = connections[page[at]];
    const word = page[at + 1];
    const kind = word & 0xff;
    const value = page[at + 2];
    const length = page[at + 3];

    if (kind >= KIND.PROTOCOL_ERROR) {
      if (transport.context === null) {
        transport.handleRecord(kind, value, length);
      } else {
        transport.context(handleRecord, transport, kind, value, length);
      }
      continue;
    }

    let payload = EMPTY_BUFFER;

    if (length > 0) {
      if (word & APART) {
        payload = takePayload(index, length);
      } else {
        payload = new FastBuffer(pool, value, length);
        poolUsed = value + length;
        poolPayloads++;
      }
    }

    if (transport.context === null) {
      transport.deliver(kind, payload, index, word >>> 16);
    } else {
      transport.context(deliver, transport, kind, payload, index, word >>> 16);
    }
  }
}

function handleRecord(transport, kind, value, length) {
  transport.handleRecord(kind, value, length);
}

function deliver(transport, kind, payload, index, code) {
  transport.deliver(kind, payload, index, code);
}

/** Fetches a payload that is too large for the pool. */
function takePayload(index, length) {
  if (length >= SHARED_BYTES) {
    const shared = binding.sharePayload(index);

    if (shared) return shared;
  }

  const payload = Buffer.allocUnsafeSlow(length);

  binding.takePayload(index, payload);
  return payload;
}

module.exports = {
  adopt,
  append,
  binding,
  drain,
  flush,
  hold,
  KIND,
  pageNumber: () => pageNumber,
  release,
  reserveNumber,
  send,
  SEND,
  settle,
  unhold
};
