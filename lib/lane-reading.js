'use strict';

const inbox = require('./inbox');
const LaneHandle = require('./lane-handle');
const { binding } = require('./native');

/**
 * How a connection on a lane is read: from when on, what a pause holds back, and
 * when the peer's end is noticed.
 */
class LaneReading extends LaneHandle {
  /** Takes what `Transport` takes. */
  constructor(owner, options, handlers) {
    super(owner, options, handlers);

    /** The lane reads from the next tick on. */
    this.begun = false;

    this.paused = false;

    /** The page in which the pause began; its rest is still delivered. */
    this.pausedIn = 0;

    /** The page whose events are being released from a pause, if any are. */
    this.releasedPage = null;

    /** What had been read when the pause began. */
    this.readBeforePause = 0;
  }

  mustHold() {
    return this.paused && this.pausedIn !== inbox.pageNumber();
  }

  hold(event) {
    event.page = inbox.pageNumber();
    super.hold(event);
  }

  release() {
    try {
      super.release();
    } finally {
      this.releasedPage = null;
    }
  }

  mustStay({ page }) {
    // After the connection's end, a pause has no meaning any more.
    if (this.paused && page !== this.pausedIn && !this.onEmpty) return true;

    this.releasedPage = page;

    // A stream that is read up to its end says so in the tick after its last chunk.
    if (this.ended && page === this.held[this.held.length - 1].page) {
      this.pushEnd();
    }

    return false;
  }

  /** Stops the lane while JS has enough to do. */
  throttle(wait) {
    if (!this.synchronous && !this.paused) this.setPaused(wait);
  }

  /** Lets the lane read; what was received before is delivered at once. */
  begin() {
    if (this.begun) return;

    this.begun = true;
    binding.begin(this.number);
  }

  setPaused(paused) {
    if (!this.closeCallback) binding.setPaused(this.number, paused);
  }

  /** The user stops reading. */
  pause() {
    if (!this.paused) this.readBeforePause = this.bytesRead;

    this.paused = true;
    this.pausedIn = this.releasedPage ?? inbox.pageNumber();
    this.setPaused(true);

    if (!this.begun) {
      this.begin();
      // What was received before is fetched in a later turn, and held.
      binding.postpone();
    }
  }

  /** The user goes on reading. */
  resume() {
    const endWaits = this.ended && this.hasUnread();

    this.paused = false;
    this.setPaused(false);
    if (endWaits) this.end();

    if (!this.begun) {
      this.begin();
      inbox.drain();
    }

    this.release();
  }

  /** The peer will send nothing more. */
  end() {
    this.ended = true;

    // A paused stream notices the end when it has been read up to it.
    if (!this.isHeldBack() && !this.hasUnread()) this.pushEnd();
  }

  pushEnd() {
    const { socket } = this;

    if (this.endDelayed || socket.destroyed || socket._readableState.ended) {
      return;
    }

    socket.push(null);
    socket.read(0);
  }

  /** Does not let the end come before the error is reported. */
  delayEnd() {
    this.endDelayed = true;
  }

  /** Lets the end come: the lane itself reads nothing more. */
  stopReading() {
    if (!this.endDelayed) return;

    this.endDelayed = false;
    if (this.ended) this.end();
  }

  /** Whether events wait for `resume()`, not just for their turn. */
  isHeldBack() {
    return this.held !== null && (this.synchronous || this.paused);
  }

  /** Whether something has come during a pause, if only a part of a frame. */
  hasUnread() {
    return this.paused && this.bytesRead > this.readBeforePause;
  }

  emptied() {
    super.emptied();
    if (this.ended) this.end();
  }
}

/** What only the end of a connection changes takes no memory before. */
Object.assign(LaneReading.prototype, {
  /** The peer will send nothing more. */
  ended: false,

  /** An error that was received has to be reported first. */
  endDelayed: false
});

module.exports = LaneReading;
