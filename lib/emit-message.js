'use strict';

const EventEmitter = require('events');

/** How the source of Node's own `emit()` begins. */
const OWN_EMIT = 'function emit(type, ...args)';

const { emit } = EventEmitter.prototype;

/** `domain`, for one, may have put something else in its place before. */
const isNodesOwn = Function.prototype.toString.call(emit).startsWith(OWN_EMIT);

/** Where an EventEmitter notes whether it looks after promises of listeners. */
const kCapture = Object.getOwnPropertySymbols(new EventEmitter()).find(
  ({ description }) => description === 'kCapture'
);

/**
 * Emits `'message'`. A single listener is called at once: `emit()` has to make an
 * array of its arguments, and takes longer than anything else JS does for a
 * short message. Whoever has replaced it is asked all the same.
 *
 * @param {EventEmitter} owner Who emits
 * @param {(Buffer|ArrayBuffer|Blob|Buffer[])} data The message
 * @param {Boolean} isBinary Whether it is binary
 */
function emitMessage(owner, data, isBinary) {
  const listener = owner._events.message;

  if (
    typeof listener === 'function' &&
    isNodesOwn &&
    owner.emit === emit &&
    owner[kCapture] === false
  ) {
    listener.call(owner, data, isBinary);
  } else {
    owner.emit('message', data, isBinary);
  }
}

module.exports = emitMessage;
