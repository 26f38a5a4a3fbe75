'use strict';

const [major, minor] = process.versions.node.split('.').map(Number);

/**
 * Tells whether a change of Node.js that nothing else shows is in this version.
 *
 * @param {Number} sinceMajor The first major version that has it
 * @param {Number} [sinceMinor=0] The first minor version of that
 * @return {Boolean} `true` if this is that version or a newer one
 */
function isNodeSince(sinceMajor, sinceMinor = 0) {
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

module.exports = { isNodeSince };
