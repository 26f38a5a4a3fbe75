'use strict';

// What the lanes have received: fetched page by page, with one call each.

const os = require('os');
const { performance } = require('perf_hooks');

const { EMPTY_BUFFER } = require('./constants');
const { binding, connections, KIND, RECORD_WORDS } = require('./native');
const { flush, handOver, setInBatch } = require('./outbox');
const { setImmediate } = require('./turns');

const FastBuffer = Buffer[Symbol.species];

const PAGE_RECORDS = 1024;

/** Flag in a record's second word: the payload has to be fetched. */
const APART = 0x100;

/**
 * Small received payloads are put into pools. A pool is kept in memory by each
 * message in it, so one for tiny messages is small.
 */
const SMALL_POOL_BYTES = 16 * 1024;
const LARGE_POOL_BYTES = 64 * 1024;

/** Mean payload length from which on a large pool is used. */
const LARGE_POOL_PAYLOAD = 256;

/** A payload that would take more than this part of a pool gets its own memory. */
const PAYLOADS_PER_POOL = 4;

/** From here on a payload is handed over with its memory, not copied. */
const SHARED_BYTES = 64 * 1024;

/** Pages JS is told before what listeners have sent is written. */
const PAGES_PER_BELL = 4;

/** There is another core, on which lanes can write while JS works. */
const CAN_SHARE_WORK = countCores() > 1;

/**
 * Milliseconds a record takes on average from which on lanes write what its
 * listeners send: about what a system call takes.
 */
const SLOW_RECORD = 0.004;

/** Records that are too few to tell. */
const FEW_RECORDS = 8;

/** Records whose answers are handed over at a time. */
const HANDED_OVER = 32;

const page = new Uint32Array(PAGE_RECORDS * RECORD_WORDS);
let pageLength = 0;
let pageNext = 0;

/** Changes with every page; what a pause counts from. */
let pageNumber = 0;

let pool = EMPTY_BUFFER.buffer;
let poolView = EMPTY_BUFFER;
let poolUsed = 0;

/** A payload that needs more of the pool is left apart. */
let poolShare = 1;

/** Payloads that came since the pool was made, if they fit into a pool at all. */
let payloads = 1;
let payloadBytes = 0;
let draining = false;

/** Listeners of the last page took long; so did those of the page before. */
let wasSlow = false;
let slow = false;

/** Delivers everything the lanes have received: the doorbell's listener. */
function drain() {
  // A listener has led back here: the loop below is on its way.
  if (draining) return;

  let done = false;

  draining = true;
  setInBatch(true);

  try {
    drainPages();
    done = true;
  } finally {
    draining = false;
    setInBatch(false);

    // A listener threw: nothing else may be lost, neither what it has sent nor
    // what is still to be delivered.
    if (!done) {
      flush();
      setImmediate(drain);
    }
  }
}

function drainPages() {
  let done = false;

  for (let pages = 0; pages < PAGES_PER_BELL && !done; pages++) {
    if (pageNext < pageLength || nextPage()) dispatchTimed();
    else done = true;

    // What was handed over may have been answered already. What that brings about
    // is of another ring of the bell: ticks and microtasks of what was delivered
    // here run in between.
    if (slow) break;
  }

  flush();
  if (!done) binding.postpone();
}

function dispatchTimed() {
  const count = pageLength - pageNext;

  if (!CAN_SHARE_WORK || count < FEW_RECORDS) {
    slow = wasSlow = false;
    dispatch();
    return;
  }

  const begun = performance.now();

  dispatch();

  const isSlow = performance.now() - begun > count * SLOW_RECORD;

  // This thread may just have been interrupted, but hardly twice.
  slow = isSlow && wasSlow;
  wasSlow = isSlow;
}

function nextPage() {
  if (poolView.length - poolUsed < poolShare) newPool();

  pageLength = binding.drain(page, poolView, poolUsed);
  pageNext = 0;
  pageNumber++;
  return pageLength > 0;
}

function newPool() {
  const size = needsLargePool() ? LARGE_POOL_BYTES : SMALL_POOL_BYTES;

  poolView = Buffer.allocUnsafeSlow(size);
  pool = poolView.buffer;
  poolUsed = 0;
  poolShare = size / PAYLOADS_PER_POOL;
  payloads = 0;
  payloadBytes = 0;
}

/** The last payloads tell how long the next ones will be. */
function needsLargePool() {
  return payloadBytes >= payloads * LARGE_POOL_PAYLOAD;
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
        payloads++;
        payloadBytes += length;
      }
    }

    if (transport.context === null) {
      transport.deliver(kind, payload, index, word >>> 16);
    } else {
      transport.context(deliver, transport, kind, payload, index, word >>> 16);
    }

    // The last answers are not: this thread may have nothing else to do.
    if (slow && pageNext < pageLength && pageNext % HANDED_OVER === 0) {
      handOver();
    }
  }
}

function countCores() {
  return os.availableParallelism ? os.availableParallelism() : os.cpus().length;
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

  if (length <= LARGE_POOL_BYTES / PAYLOADS_PER_POOL) {
    payloads++;
    payloadBytes += length;
    // The next pool may be large enough for such payloads.
    if (needsLargePool()) poolUsed = poolView.length;
  }

  const payload = Buffer.allocUnsafeSlow(length);

  binding.takePayload(index, payload);
  return payload;
}

module.exports = { drain, pageNumber: () => pageNumber };
