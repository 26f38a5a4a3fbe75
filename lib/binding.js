'use strict';

const path = require('path');

const { platformName } = require('./platform');

/* global __non_webpack_require__, __webpack_require__ */

/**
 * Loads what bundlers must not follow: the addon stays outside of the bundle.
 * webpack replaces every other `require` by its own.
 */
const requireOutside =
  typeof __webpack_require__ === 'function' ? __non_webpack_require__ : require;

/**
 * Loads the addon: the one built in this checkout, otherwise the one npm has
 * installed for this platform.
 *
 * @return {Object} What the addon exports
 * @throws {Error} If there is neither
 */
function load() {
  const platform = platformName();
  const local = path.join(__dirname, `oxws.${platform}.node`);
  const installed = `oxws-${platform}`;

  for (const name of [local, installed]) {
    try {
      return requireOutside(name);
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }

  throw new Error(
    `The native addon of oxws for ${platform} is missing. Is the optional ` +
      `dependency ${installed} installed? In a clone of the repository, ` +
      '`npm run build` makes the addon.'
  );
}

/**
 * @param {Error} error What `require()` threw
 * @param {String} name What it was given
 * @return {Boolean} Whether that does not exist, in contrast to not loading
 */
function isMissing(error, name) {
  return error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);
}

module.exports = load();
