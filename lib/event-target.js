'use strict';

const { kForOnEventAttribute, kListener } = require('./constants');

const kCode = Symbol('kCode');
const kData = Symbol('kData');
const kError = Symbol('kError');
const kMessage = Symbol('kMessage');
const kReason = Symbol('kReason');
const kTarget = Symbol('kTarget');
const kType = Symbol('kType');
const kWasClean = Symbol('kWasClean');

/** What listeners added with `addEventListener()` get. */
class Event {
  /**
   * @param {String} type The event's name
   */
  constructor(type) {
    this[kTarget] = null;
    this[kType] = type;
  }

  /** @type {(WebSocket|null)} */
  get target() {
    return this[kTarget];
  }

  /** @type {String} */
  get type() {
    return this[kType];
  }
}

/** Tells how a connection ended. */
class CloseEvent extends Event {
  /**
   * @param {String} type The event's name
   * @param {Object} [init] Values of the attributes
   * @param {Number} [init.code=0] The status code
   * @param {String} [init.reason=''] The reason
   * @param {Boolean} [init.wasClean=false] Whether both close frames went
   *     through
   */
  constructor(type, { code = 0, reason = '', wasClean = false } = {}) {
    super(type);

    this[kCode] = code;
    this[kReason] = reason;
    this[kWasClean] = wasClean;
  }

  /** @type {Number} */
  get code() {
    return this[kCode];
  }

  /** @type {String} */
  get reason() {
    return this[kReason];
  }

  /** @type {Boolean} */
  get wasClean() {
    return this[kWasClean];
  }
}

/** Carries an error. */
class ErrorEvent extends Event {
  /**
   * @param {String} type The event's name
   * @param {Object} [init] Values of the attributes
   * @param {*} [init.error=null] The error
   * @param {String} [init.message=''] Its message
   */
  constructor(type, { error = null, message = '' } = {}) {
    super(type);

    this[kError] = error;
    this[kMessage] = message;
  }

  /** @type {*} */
  get error() {
    return this[kError];
  }

  /** @type {String} */
  get message() {
    return this[kMessage];
  }
}

/** Carries a message. */
class MessageEvent extends Event {
  /**
   * @param {String} type The event's name
   * @param {Object} [init] Values of the attributes
   * @param {*} [init.data=null] The message
   */
  constructor(type, { data = null } = {}) {
    super(type);

    this[kData] = data;
  }

  /** @type {*} */
  get data() {
    return this[kData];
  }
}

for (const { prototype } of [Event, CloseEvent, ErrorEvent, MessageEvent]) {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name === 'constructor') continue;
    Object.defineProperty(prototype, name, { enumerable: true });
  }
}

/** By event name, what makes an event from the emitter's arguments. */
const EVENT_FACTORIES = new Map([
  ['open', () => new Event('open')],
  [
    'error',
    (websocket, error) =>
      new ErrorEvent('error', { error, message: error.message })
  ],
  [
    'close',
    (websocket, code, reason) =>
      new CloseEvent('close', {
        code,
        reason: reason.toString(),
        wasClean: websocket._closeFrameReceived && websocket._closeFrameSent
      })
  ],
  [
    'message',
    (websocket, data, isBinary) =>
      new MessageEvent('message', { data: isBinary ? data : data.toString() })
  ]
]);

/**
 * Makes the emitter listener that stands for an event handler.
 *
 * @param {Function} createEvent Makes the event
 * @param {(Function|Object)} handler The user's function, or an object with a
 *     `handleEvent()` method
 * @return {Function} The listener
 */
function createListener(createEvent, handler) {
  return function listener(first, second) {
    const event = createEvent(this, first, second);

    event[kTarget] = this;

    if (typeof handler === 'object' && handler.handleEvent) {
      handler.handleEvent(event);
    } else {
      handler.call(this, event);
    }
  };
}

/**
 * Registers an event handler. A handler that `addEventListener()` already
 * registered for the same event is not registered again.
 *
 * @param {String} type `'open'`, `'message'`, `'close'` or `'error'`; anything
 *     else is ignored
 * @param {(Function|Object)} handler A function, or an object with a
 *     `handleEvent()` method
 * @param {Object} [options] Options
 * @param {Boolean} [options.once=false] Whether the handler is removed when it
 *     is called for the first time
 */
function addEventListener(type, handler, options = {}) {
  const createEvent = EVENT_FACTORIES.get(type);

  if (createEvent === undefined) return;

  const isAttribute = !!options[kForOnEventAttribute];

  if (!isAttribute && findListener(this, type, handler)) return;

  const listener = createListener(createEvent, handler);

  listener[kForOnEventAttribute] = isAttribute;
  listener[kListener] = handler;

  if (options.once) this.once(type, listener);
  else this.on(type, listener);
}

/**
 * Removes an event handler that `addEventListener()` registered.
 *
 * @param {String} type The event's name
 * @param {(Function|Object)} handler The handler
 */
function removeEventListener(type, handler) {
  const listener = findListener(this, type, handler);

  if (listener) this.removeListener(type, listener);
}

/**
 * Finds the listener that `addEventListener()` made for a handler.
 *
 * @param {WebSocket} websocket The event target
 * @param {String} type The event's name
 * @param {(Function|Object)} handler The handler
 * @return {(Function|undefined)} The listener
 */
function findListener(websocket, type, handler) {
  return websocket
    .listeners(type)
    .find(
      (listener) =>
        listener[kListener] === handler && !listener[kForOnEventAttribute]
    );
}

/**
 * Finds the listener that stands for an `on…` attribute.
 *
 * @param {WebSocket} websocket The event target
 * @param {String} type The event's name
 * @return {(Function|undefined)} The listener
 */
function findAttributeListener(websocket, type) {
  return websocket
    .listeners(type)
    .find((listener) => listener[kForOnEventAttribute]);
}

/**
 * Adds the `onopen`, `onerror`, `onclose` and `onmessage` attributes.
 *
 * @param {Object} prototype The prototype of a class that has the functions
 *     above as methods
 */
function defineEventAttributes(prototype) {
  for (const type of EVENT_FACTORIES.keys()) {
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get() {
        const listener = findAttributeListener(this, type);

        return listener ? listener[kListener] : null;
      },
      set(handler) {
        const listener = findAttributeListener(this, type);

        if (listener) this.removeListener(type, listener);
        if (typeof handler !== 'function') return;

        this.addEventListener(type, handler, { [kForOnEventAttribute]: true });
      }
    });
  }
}

module.exports = {
  addEventListener,
  CloseEvent,
  defineEventAttributes,
  ErrorEvent,
  Event,
  MessageEvent,
  removeEventListener
};
