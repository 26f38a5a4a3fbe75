'use strict';

const { isDeepStrictEqual } = require('util');

const { tested } = require('../../support/implementations');
const { Subject } = require('./subject');

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

    return isDeepStrictEqual(oxws, ws) ? undefined : { ws, oxws };
  }
}

module.exports = { Comparison };
