'use strict';

const { openCompressed } = require('../support/compressed');
const { describe } = require('../support/describe');
const { Tools } = require('../support/tools');
const { Trace } = require('../support/trace');
const closeTimers = require('./close-timers');
const { Encoder } = require('./encode');
const { Subject } = require('./subject');
const { Wire } = require('./wire');

const CLOSED = 3;
const UNCAUGHT = 'uncaughtException';

/** Turns of the event loop without any news, after which no more will come. */
const QUIET_TURNS = 5;

/** Turns in which what is too much may still come. */
const EXTRA_TURNS = 2;

/** How long what belongs to a difference may take, in milliseconds. */
const REPORT_DELAY = 50;

/**
 * How long a paused WebSocket may take to hear of what the peer does, in
 * milliseconds.
 */
const PAUSED_DELAY = 5;

/** How long something that ws does not wait for is waited for at most, in ms. */
const STUCK = 3000;

/**
 * Does what a scenario says to a WebSocket. It is cut into actions, each of
 * which is over before the next begins, so that what happens does not depend on
 * how fast anything is:
 *
 * - ws is at rest when nothing has happened for some turns of the event loop, as
 *   everything but its compression happens in this thread.
 * - What is tested, perhaps with threads of its own, has as much time as it
 *   needs to produce the trace of ws.
 */
class Execution {
  /**
   * @param {Function} WebSocket The implementation
   * @param {Object} scenario The scenario
   * @param {Object} settings
   * @param {Boolean} settings.pongsApart See `Wire`
   * @param {Object[]} [settings.expected] The actions of ws, if this is not ws
   * @param {Function} [settings.agree] Compares an action with that of ws:
   *     returns whether nothing is missing, or throws if it cannot get right
   * @param {Number} [settings.patience] How long an action may take, in ms
   */
  constructor(WebSocket, scenario, settings) {
    this._actions = [];
    this._encoder = new Encoder(scenario);
    this._news = 0;
    this._over = false;
    this._scenario = scenario;
    this._settings = settings;
    this._thrown = false;
    this._tools = new Tools(WebSocket, new Trace());
    this._note = (track, line) => this.note(track, line);
  }

  /**
   * Notes that something has happened.
   *
   * @param {String} track `'events'`, `'callbacks'`, `'refusals'`, `'wire'` or
   *     `'pongs'`
   * @param {String} line What
   */
  note(track, line) {
    if (this._over) return;

    const action = this._actions[this._actions.length - 1];

    this._news++;
    // ws delivers nothing more then.
    if (line.startsWith(UNCAUGHT)) this._thrown = true;
    action[track].push(line);
  }

  /**
   * Notes that an exception was not caught.
   *
   * @param {Error} error The exception
   */
  uncaught(error) {
    this.note('events', `${UNCAUGHT} ${describe(error)}`);
  }

  /**
   * @return {Promise<Object[]>} What every action led to; fewer than there are
   *     if one is wrong already
   */
  async run() {
    const { options, steps } = this._scenario;

    try {
      this._begin('open');
      this._connection = await this._open({
        ...options,
        closeTimeout: closeTimers.CLOSE_TIMEOUT
      });

      const { peer, ws } = this._connection;

      peer.holdsOpen = Boolean(this._scenario.holdsOpen);
      this._subject = new Subject(ws, this._scenario, this._note);
      this._wire = new Wire(peer, this._note, this._settings.pongsApart);
      this._before = ws._socket.bytesRead - peer.socket.bytesWritten;

      const done = await this._rest();

      if (done && (await this._steps(steps))) await this._finish();
    } finally {
      this._over = true;
      await this._tools.cleanUp();
      closeTimers.clear();
    }

    return this._actions;
  }

  _open(options) {
    const { deflate, side } = this._scenario;

    return deflate
      ? openCompressed(
          this._tools,
          side,
          { ...options, perMessageDeflate: deflate.options },
          deflate.parameters
        )
      : this._tools.open(side, options);
  }

  _begin(label) {
    this._actions.push({
      label,
      events: [],
      callbacks: [],
      refusals: [],
      wire: [],
      pongs: [],
      state: null,
      read: false
    });
  }

  async _steps(steps) {
    for (const [i, step] of steps.entries()) {
      if (!(await this._step(step, `step ${i + 1}`))) return false;
    }

    return true;
  }

  async _step(step, label) {
    const { socket } = this._connection.peer;

    if (step.write) {
      for (const piece of this._encoder.pieces(step)) {
        const writes = () => {
          if (socket.writable) socket.write(piece);
        };

        if (!(await this._act(label, writes))) return false;
      }

      return true;
    }

    return this._act(label, () => {
      if (step.calls) this._subject.perform(step.calls);
      else if (step.timeout) closeTimers.fire();
      else if (step.reset) socket.resetAndDestroy();
      else socket.end();
    });
  }

  /** Brings both sides down, whatever state they are in. */
  async _finish() {
    const { peer, ws } = this._connection;

    return (
      (await this._act('the peer ends', () => peer.socket.end())) &&
      (await this._act('terminate', () => ws.terminate()))
    );
  }

  async _act(label, action) {
    this._begin(label);
    action();
    return this._rest();
  }

  /** Waits until an action is over. Returns whether it went right. */
  _rest() {
    return this._settings.expected ? this._agreement() : this._quiescence();
  }

  async _quiescence() {
    const action = this._actions[this._actions.length - 1];
    const { peer, ws } = this._connection;
    const end = Date.now() + STUCK;
    let news = -1;

    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await turn();
      this._wire.take();

      if (
        this._news !== news ||
        (!this._thrown && isBusy(ws, peer, this._unread()) && Date.now() < end)
      ) {
        news = this._news;
        quiet = 0;
      }
    }

    action.state = this._subject.state();
    action.read = this._unread() === 0;
    return !this._thrown;
  }

  async _agreement() {
    const { agree, expected, patience } = this._settings;
    const at = this._actions.length - 1;
    const action = this._actions[at];
    const end = Date.now() + patience;

    // ws has come no further: see `note()`.
    if (at === expected.length) return false;

    for (let right = 0; right < EXTRA_TURNS;) {
      await turn();
      this._wire.take();
      action.state = this._subject.state();

      try {
        if (agree(expected, this._actions)) right++;
      } catch (error) {
        // For the report: the rest of what belongs to it.
        await this._tools.delay(REPORT_DELAY);
        this._wire.take();
        return false;
      }

      if (right === 0 && Date.now() > end) return false;
    }

    const stuck = Date.now() + STUCK;

    while (expected[at].read && this._unread() > 0 && Date.now() < stuck) {
      await turn();
    }

    // A lane has read it before this thread knows, and nobody sees when it does.
    if (this._connection.ws.isPaused) await this._tools.delay(PAUSED_DELAY);

    return true;
  }

  /** How many bytes of the peer the WebSocket has not read. */
  _unread() {
    const { peer, ws } = this._connection;
    return peer.socket.bytesWritten + this._before - ws._socket.bytesRead;
  }
}

/** Whether something is on its way that no line tells about yet. */
function isBusy(ws, peer, unread) {
  if (ws.readyState === CLOSED) return !peer.closed && peer.socket.destroyed;

  const { _receiver: receiver, _sender: sender, _socket: socket } = ws;

  return (
    (!ws.isPaused && !socket.destroyed && unread > 0) ||
    (!peer.closed && peer.socket.writableLength > 0) ||
    sender._state !== 0 ||
    socket.writableLength > 0 ||
    (receiver._state > 4 && !receiver.errored && !receiver.destroyed)
  );
}

function turn() {
  return new Promise(setImmediate);
}

module.exports = { Execution };
