'use strict';

/** `WebSocket.prototype.pong` as it was at first. */
let original;

/**
 * Notices when `pong()` is replaced: whoever does it wants to answer pings
 * himself, or not at all.
 *
 * @param {Object} prototype The prototype of WebSockets
 */
function makeReplaceable(prototype) {
  original = prototype.pong;

  Object.defineProperty(prototype, 'pong', {
    configurable: true,
    get: () => original,
    set(value) {
      Object.defineProperty(this, 'pong', {
        configurable: true,
        enumerable: this !== prototype,
        value,
        writable: true
      });
      if (this._receiver) this._receiver.stopAnswering();
    }
  });
}

/**
 * @param {WebSocket} websocket A WebSocket
 * @return {Boolean} Whether its `pong()` was replaced
 */
function isReplaced(websocket) {
  return websocket.pong !== original;
}

module.exports = { isReplaced, makeReplaceable };
