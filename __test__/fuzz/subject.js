'use strict';

const { describe } = require('../support/describe');
const { outcome } = require('../support/trace');
const { toValue } = require('./values');

const EVENTS = ['message', 'ping', 'pong', 'error', 'close'];
const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

/** The WebSocket of a scenario: notes what it does, and calls its methods. */
class Subject {
  /**
   * @param {WebSocket} ws The WebSocket
   * @param {Object} scenario The scenario
   * @param {Function} note Gets the name of a track and a line
   */
  constructor(ws, scenario, note) {
    const { reactions = [] } = scenario;

    this.ws = ws;
    this._callbacks = 0;

    // What is sent after close() is refused in the next tick. Compression and
    // Blobs take their time.
    this._refusals =
      scenario.deflate || JSON.stringify(scenario).includes('"blob"')
        ? 'refusals'
        : 'callbacks';
    this._listeners = new Map();
    this._note = note;
    this._occurrences = {};

    for (const event of EVENTS) {
      ws.on(event, (...values) => {
        this._say(event, ...values);
        this._react(event, reactions);
      });
    }
  }

  /** @return {String} All that can be asked without changing anything */
  state() {
    const { ws } = this;
    const listeners = EVENTS.map((event) => ws.listenerCount(event));
    const attributes = ['open', 'message', 'error', 'close'].map(
      (event) => ws[`on${event}`] && 1
    );

    return (
      `${STATES[ws.readyState]}, bufferedAmount ${ws.bufferedAmount}, ` +
      `isPaused ${ws.isPaused}, binaryType ${ws.binaryType}, ` +
      `close frame sent ${ws._closeFrameSent}, ` +
      `received ${ws._closeFrameReceived}, code ${ws._closeCode}, ` +
      `listeners ${listeners} ${attributes}`
    );
  }

  /**
   * Makes calls one after another.
   *
   * @param {Object[]} calls What to call
   */
  perform(calls) {
    for (const call of calls) {
      if (call.method) this._call(call);
      else if (call.set) this.ws[call.set] = call.value;
      else if (call.listen) this._listen(call);
      else if (call.unlisten) this._unlisten(call);
      else this._say(`bufferedAmount ${this.ws.bufferedAmount}`);
    }
  }

  _say(what, ...values) {
    const described = values.map((value) => describe(value)).join(', ');

    this._note(
      'events',
      `${what} [${STATES[this.ws.readyState]}] ${described}`
    );
  }

  _call({ method, args, callback }) {
    const values = args.map(toValue);

    if (callback) {
      const number = ++this._callbacks;

      values.push((...results) => {
        // Sends are written at the end of their tick, when the closing handshake
        // may have begun.
        const state = this.ws.readyState === 3 ? 'CLOSED' : 'not CLOSED';

        this._note(
          isRefusal(results[0]) ? this._refusals : 'callbacks',
          `${method} ${number} [${state}] ${outcome(results).map((r) => describe(r))}`
        );
      });
    }

    try {
      const result = this.ws[method](...values);

      if (result !== undefined) this._say(`${method} returned`, result);
    } catch (error) {
      this._say(`${method} threw`, error);
    }
  }

  _listen({ listen, event, id, options }) {
    const listener = (...values) =>
      this._say(`${event} heard by ${id}`, ...values);

    if (!this._listeners.has(id)) this._listeners.set(id, listener);

    if (listen === 'addEventListener') {
      const handler = (e) =>
        this._say(`${event} heard by ${id}`, ...described(e));

      this._listeners.set(id, handler);
      this.ws.addEventListener(event, handler, options);
    } else if (listen === 'attribute') {
      this.ws[`on${event}`] = (e) =>
        this._say(`${event} heard by ${id}`, ...described(e));
    } else {
      this.ws[listen](event, this._listeners.get(id));
    }
  }

  _unlisten({ unlisten, event, id }) {
    if (unlisten === 'attribute') this.ws[`on${event}`] = null;
    else if (this._listeners.has(id)) {
      this.ws[unlisten](event, this._listeners.get(id));
    }
  }

  _react(event, reactions) {
    const occurrence = (this._occurrences[event] || 0) + 1;

    this._occurrences[event] = occurrence;

    for (const reaction of reactions) {
      if (reaction.event !== event || reaction.occurrence !== occurrence) {
        continue;
      }

      if (reaction.throws) throw new Error('The listener throws');
      this._later(reaction.when, () => {
        if (reaction.when !== 'now') this._say(reaction.when);
        this.perform(reaction.calls);
      });
    }
  }

  _later(when, callback) {
    if (when === 'now') callback();
    else if (when === 'tick') process.nextTick(callback);
    else queueMicrotask(callback);
  }
}

function isRefusal(error) {
  return Boolean(error) && /^WebSocket is not open/.test(error.message);
}

/** What an event of `addEventListener()` says. */
function described(event) {
  return ['type', 'data', 'code', 'reason', 'wasClean', 'error', 'message']
    .filter((name) => name in event)
    .map((name) => event[name]);
}

module.exports = { Subject };
