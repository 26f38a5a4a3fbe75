'use strict';

const { CLOSED_WHILE_COMPRESSING, NO_CALLBACKS } = require('./constants');
const native = require('./native');
const outbox = require('./outbox');
const { interruptionOutcomes } = require('./socket-errors');
const Transport = require('./transport');
const { setImmediate } = require('./turns');

const { binding } = native;

/**
 * What a socket has for a handle whose connection is on a lane: all that
 * `net.Socket` calls.
 */
class LaneHandle extends Transport {
  get fd() {
    return -1;
  }

  get bytesRead() {
    return this.closeCallback ? this.finalRead : binding.bytesRead(this.number);
  }

  get bytesWritten() {
    if (this.closeCallback) return this.finalWritten;
    outbox.append();
    return binding.bytesWritten(this.number);
  }

  get writeQueueSize() {
    return this.bufferedAmount;
  }

  readStart() {
    return 0;
  }

  readStop() {
    return 0;
  }

  close(callback) {
    this.destroy(callback, false);
  }

  reset(callback) {
    this.destroy(callback, true);
    return 0;
  }

  destroy(callback, reset) {
    this.begin();
    outbox.append();
    this.finalRead = binding.bytesRead(this.number);
    this.finalWritten = binding.bytesWritten(this.number);
    this.closeCallback = callback;
    this.endCallbacks(binding.close(this.number, reset));
  }

  /**
   * Calls the callbacks of the last sends, when and how a stream does it.
   *
   * @param {Number[]} counts How many of them are done, are stuck half-way, are
   *     lost behind such, and were not compressed; bytes that were not
   */
  endCallbacks([, stuck, lost, uncompressed, bytes = 0]) {
    const [forStuck, forLost] = stuck + lost > 0 ? this.writeOutcomes() : [];

    outbox.settle(
      this.number,
      this.callbacks.length - stuck - lost - uncompressed
    );

    const { callbacks } = this;

    this.abandonedBytes = bytes;
    this.callbacks = NO_CALLBACKS;
    callbacks.forEach((callback, i) => {
      if (i < stuck) setImmediate(callback, forStuck);
      else if (i < stuck + lost) setImmediate(callback, forLost);
      else setImmediate(callback, new Error(CLOSED_WHILE_COMPRESSING));
    });
  }

  /** What callbacks get of a write that was stuck, and of those behind it. */
  writeOutcomes() {
    const { errored } = this.socket._writableState;
    const [forStuck, forLost] = interruptionOutcomes();

    if (!errored) return [forStuck, forLost];
    return [this.writeFailed ? errored : forStuck, errored];
  }

  ref() {
    if (!this.referenced) native.hold();
    this.referenced = true;
  }

  unref() {
    if (this.referenced) native.unhold();
    this.referenced = false;
  }

  hasRef() {
    return this.referenced;
  }

  getpeername(out) {
    return copyName(binding.peerName(this.number), out);
  }

  getsockname(out) {
    return copyName(binding.sockName(this.number), out);
  }

  setNoDelay(enable) {
    binding.setNoDelay(this.number, Boolean(enable));
    return 0;
  }

  setKeepAlive(enable, delay) {
    binding.setKeepAlive(this.number, Boolean(enable), delay >>> 0);
    return 0;
  }

  getAsyncId() {
    return -1;
  }
}

module.exports = LaneHandle;

function copyName(name, out) {
  if (!name) return NO_SUCH_NAME;

  Object.assign(out, name);
  return 0;
}

/** Any error number: `net.Socket` only looks whether it is 0. */
const NO_SUCH_NAME = -107;
