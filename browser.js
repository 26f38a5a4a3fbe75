'use strict';

/**
 * Bundlers take this file for code that is to run in a browser.
 *
 * @throws {Error} Always
 */
module.exports = function () {
  throw new Error(
    'oxws does not work in the browser. Browser clients must use the native ' +
      'WebSocket object'
  );
};
