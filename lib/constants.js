'use strict';

const { isNodeSince } = require('./node-version');

module.exports = {
  /** Values `binaryType` accepts; the first one is the default. */
  BINARY_TYPES: ['nodebuffer', 'arraybuffer', 'fragments', 'blob'],

  /** Default of the `closeTimeout` option, in milliseconds. */
  CLOSE_TIMEOUT: 30000,

  /** Message of the error of sends that came too late. */
  CLOSED_WHILE_COMPRESSING:
    'The socket was closed while data was being compressed',

  EMPTY_BUFFER: Buffer.alloc(0),

  /** Appended to the key before it is hashed (RFC 6455, section 1.3). */
  GUID: '258EAFA5-E914-47DA-95CA-C5AB0DC85B11',

  /** Longest header of a frame, in bytes (RFC 6455, section 5.2). */
  HEADER_MAX: 14,

  /** What the callback of a write is given that succeeded: see Node's streams. */
  NO_ERROR: isNodeSince(20) ? null : undefined,

  /** What all connections share that no send's callback waits on. */
  NO_CALLBACKS: Object.freeze([]),

  NOOP: () => {},

  // Ready states.
  CONNECTING: 0,
  OPEN: 1,
  CLOSING: 2,
  CLOSED: 3,

  /** Names of the ready states, by their numbers. */
  READY_STATES: ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'],

  /** Marks the emitter listener that stands for an `on…` attribute. */
  kForOnEventAttribute: Symbol('kForOnEventAttribute'),

  /** Where such a listener keeps the function or object the user passed. */
  kListener: Symbol('kListener'),

  /** Close status that goes with an error of the peer's making. */
  kStatusCode: Symbol('kStatusCode'),

  /** On a socket, the WebSocket that owns it. */
  kWebSocket: Symbol('kWebSocket')
};
