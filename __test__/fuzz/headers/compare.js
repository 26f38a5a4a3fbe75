'use strict';

const { isDeepStrictEqual } = require('util');

const { tested } = require('../../support/implementations');
const { Subject } = require('./subject');

/**
 * Window bits that are not written as RFC 7692, section 7.1.2 wants: ws accepts
 * whatever JavaScript takes for a number (see docs/differences.md).
 */
const OTHER_NOTATION =
  /max_window_bits\s*=(?!\s*"?(?:[89]|1[0-5])"?\s*(?:[;,\r\n]|$))/i;

/** Does the same to ws and to oxws. */
class Comparison {
  constructor() {
    this._subjects = ['ws', tested[0].module].map((name) => new Subject(name));
  }

  async start() {
    for (const subject of this._subjects) await subject.start();
  }

  stop() {
    for (const subject of this._subjects) subject.stop();
  }

  /**
   * @param {Case} input What to do; see generate.js
   * @return {Promise<(Object|undefined)>} What came of it, if not the same, with
   *     `ws` and with `oxws`
   */
  async run(input) {
    const [ws, oxws] = await Promise.all(
      this._subjects.map((subject) => subject.run(input))
    );

    const expected =
      isDeepStrictEqual(oxws, ws) || OTHER_NOTATION.test(input.input);

    return expected ? undefined : { ws, oxws };
  }
}

module.exports = { Comparison };
