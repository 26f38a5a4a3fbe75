'use strict';

const closeTimers = require('./close-timers');
const { agree, compare } = require('./compare');
const { Execution } = require('./execute');
const { shrink } = require('./shrink');

/** How long something may be late before it is missing, in milliseconds. */
const PATIENCE = 1000;

/** The same when it is missing for the second time. */
const SHORT_PATIENCE = 150;

/** How often a difference has to be seen. */
const SIGHTINGS = 3;

/** Runs scenarios with ws and with oxws in this process. */
class Rig {
  /**
   * @param {Object} settings
   * @param {Function} settings.reference The `WebSocket` class of ws
   * @param {Function} settings.tested That of oxws
   * @param {String} settings.transport The transport of oxws in this process
   */
  constructor({ reference, tested, transport }) {
    this._execution = null;
    this._reference = reference;
    this._tested = tested;
    this._transport = transport;

    closeTimers.install();
    process.on('uncaughtException', (error) => this._uncaught(error));
    process.on('unhandledRejection', (error) => this._uncaught(error));
  }

  _uncaught(error) {
    if (this._execution === null) throw error;
    this._execution.uncaught(error);
  }

  /**
   * Runs a scenario with both.
   *
   * @param {Object} scenario The scenario
   * @param {Number} [patience] In milliseconds
   * @return {Promise<(Object|null)>} The first difference, see compare.js
   */
  async run(scenario, patience = PATIENCE) {
    const settings = { pongsApart: this._transport === 'lane' };
    const expected = await this._execute(this._reference, scenario, settings);
    const actual = await this._execute(this._tested, scenario, {
      ...settings,
      agree,
      expected,
      patience
    });

    return compare(scenario, expected, actual, this._transport);
  }

  async _execute(WebSocket, scenario, settings) {
    this._execution = new Execution(WebSocket, scenario, settings);

    try {
      return await this._execution.run();
    } finally {
      this._execution = null;
    }
  }

  /**
   * Tells whether a scenario reliably leads to a difference that is not declared.
   *
   * @param {Object} scenario The scenario
   * @return {Promise<Boolean>} `true` if it does
   */
  async isBroken(scenario) {
    for (let i = 0; i < SIGHTINGS; i++) {
      const difference = await this.run(scenario, SHORT_PATIENCE);

      if (!difference || difference.because) return false;
    }

    return true;
  }

  /**
   * Looks for the shortest scenario that is broken.
   *
   * @param {Object} scenario A broken scenario
   * @return {Promise<{scenario: Object, difference: Object}>} What was found
   */
  async shrink(scenario) {
    const shortest = await shrink(scenario, (candidate) =>
      this.isBroken(candidate)
    );

    return { scenario: shortest, difference: await this.run(shortest) };
  }
}

module.exports = { Rig };
