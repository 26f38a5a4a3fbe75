'use strict';

const { describe } = require('./describe');
const { NO_ERROR } = require('../../lib/constants');

const EVENTS = ['open', 'message', 'ping', 'pong', 'error', 'close'];
const READY_STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

/**
 * What a scenario saw, as lines of text in tracks of its own naming. The order
 * of lines counts within a track only: how the two ends of a connection
 * interleave is not for an implementation to decide.
 */
class Trace {
  constructor() {
    this._aliases = [];
    this._sealed = false;
    this._tracks = new Map();
  }

  /**
   * Makes a text that differs from run to run appear under a fixed name.
   *
   * @param {String} text The text
   * @param {String} name Its name in the trace
   */
  alias(text, name) {
    this._aliases.push([text, name]);
  }

  /**
   * Adds one line to a track.
   *
   * @param {String} track The track
   * @param {String} what What happened
   * @param {...*} values Values to describe behind it
   */
  note(track, what, ...values) {
    if (this._sealed) return;

    const described = values.map((value) => this.describe(value));
    const line = described.length ? `${what}: ${described.join(', ')}` : what;

    if (!this._tracks.has(track)) this._tracks.set(track, []);
    this._tracks.get(track).push(line);
  }

  /**
   * Adds lines to a track, such as those of an HTTP head.
   *
   * @param {String} track The track
   * @param {String[]} lines The lines
   */
  lines(track, lines) {
    for (const line of lines) this.note(track, this.rename(line));
  }

  /**
   * Describes a value as it would appear in the trace.
   *
   * @param {*} value The value
   * @return {String} The description
   */
  describe(value) {
    return describe(value, (text) => this.rename(text));
  }

  /**
   * Replaces the texts given to `alias()`.
   *
   * @param {String} text Any text
   * @return {String} The text without what differs from run to run
   */
  rename(text) {
    for (const [value, name] of this._aliases) {
      text = text.split(value).join(name);
    }

    return text;
  }

  /**
   * Calls a function and notes what it returned or threw.
   *
   * @param {String} track The track
   * @param {String} what What is called
   * @param {Function} call The function
   * @return {*} What the function returned
   */
  call(track, what, call) {
    let result;

    try {
      result = call();
    } catch (error) {
      this.note(track, `${what} threw`, error);
      return undefined;
    }

    this.note(track, `${what} returned`, result);
    return result;
  }

  /**
   * Calls a function and notes the class alone of what it threw, for errors of
   * the language itself, whose texts name variables.
   *
   * @param {String} track The track
   * @param {String} what What is called
   * @param {Function} call The function
   */
  misuse(track, what, call) {
    try {
      call();
      this.note(track, `${what} did not throw`);
    } catch (error) {
      this.note(track, `${what} threw a ${error.constructor.name}`);
    }
  }

  /**
   * Makes a callback that notes its arguments.
   *
   * @param {String} track The track
   * @param {String} what Whose callback it is
   * @param {WebSocket} [ws] A WebSocket whose state is noted as well
   * @return {Function} The callback
   */
  callback(track, what, ws) {
    return (...values) => {
      this.note(track, `callback of ${what}${state(ws)}`, ...outcome(values));
    };
  }

  /**
   * Notes every event of an emitter, with the arguments and the readyState.
   *
   * @param {String} track The track
   * @param {EventEmitter} emitter The emitter
   * @param {String[]} [events] The events, by default those every WebSocket has
   * @return {EventEmitter} The emitter
   */
  watch(track, emitter, events = EVENTS) {
    for (const event of events) {
      emitter.on(event, (...values) => {
        this.note(track, `${event}${state(emitter)}`, ...values);
      });
    }

    return emitter;
  }

  /** Ignores everything from now on, such as the events of the clean-up. */
  seal() {
    this._sealed = true;
  }

  /**
   * @return {Object.<String, String[]>} The tracks, sorted by name
   */
  toJSON() {
    return Object.fromEntries([...this._tracks].sort());
  }
}

/**
 * Makes the arguments of a callback comparable. Before Node 20, that of a write
 * that succeeded gets `undefined` or nothing, depending on how many chunks the
 * stream happened to have collected.
 *
 * @param {Array} values The arguments
 * @return {Array} What to note of them
 */
function outcome(values) {
  return values.length === 0 && NO_ERROR === undefined ? [undefined] : values;
}

/**
 * @param {*} ws Possibly a WebSocket
 * @return {String} Its state in words
 */
function state(ws) {
  if (!ws || ws.readyState === undefined) return '';
  return ` while ${READY_STATES[ws.readyState] || ws.readyState}`;
}

module.exports = { Trace, outcome };
