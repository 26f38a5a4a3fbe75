'use strict';

// What a WebSocket makes of what its transport receives.

const { afterTwoTicks, emitErrorOnce } = require('./closing');
const { EMPTY_BUFFER, kStatusCode, kWebSocket, OPEN } = require('./constants');
const LaneTransport = require('./lane-transport');
const nativeOptions = require('./native-options');
const { isReplaced } = require('./replaceable-pong');
const StreamTransport = require('./stream-transport');
const { nextTick, setImmediate } = require('./turns');

/**
 * Lets a WebSocket hear and speak over a socket.
 *
 * @param {WebSocket} websocket The WebSocket
 * @param {Duplex} socket The socket
 * @param {Buffer} head What was received on it already
 * @param {Object} options Options of `setSocket()`
 * @return {Transport} The transport
 */
function openTransport(websocket, socket, head, options) {
  const native = nativeOptions(options, websocket._extensions, {
    isServer: websocket._isServer,
    autoPong: websocket._autoPong && !isReplaced(websocket),
    maxPendingAutoPongs: websocket._maxPendingAutoPongs
  });
  const settings = {
    allowSynchronousEvents: options.allowSynchronousEvents,
    heartbeat: options.heartbeat,
    native
  };

  if (LaneTransport.accepts(socket)) {
    const transport = new LaneTransport(
      websocket,
      socket,
      head,
      settings,
      handlers
    );

    if (transport.number !== -1) return transport;
  }

  return new StreamTransport(websocket, socket, head, settings, handlers);
}

/** What a transport calls besides emitting messages. */
const handlers = {
  ping(websocket, data, answered) {
    answerPing(websocket, data, answered);
    websocket.emit('ping', data);
  },

  pong(websocket, data) {
    websocket.emit('pong', data);
  },

  close: handleClose,

  error(websocket, err, slow, late) {
    // What the first of several compressed messages brings about comes first.
    const putOff = slow ? setImmediate : late ? nextTick : afterTwoTicks;

    websocket._putOffError = putOff;
    websocket._receiver.delayEnd();
    putOff(() => handleError(websocket, err));
  },

  pongOverflow(websocket) {
    websocket.terminate();
  },

  heartbeatTimeout(websocket) {
    websocket._closeMessage = Buffer.from(HEARTBEAT_TIMEOUT);
    websocket.terminate();
  },

  isOpen(websocket) {
    return websocket.readyState === OPEN;
  }
};

const HEARTBEAT_TIMEOUT = 'Heartbeat timeout: the peer is silent';

/** A lane has often answered already; otherwise it is left to this. */
function answerPing(websocket, data, answered) {
  if (isReplaced(websocket)) websocket._receiver.stopAnswering();

  if (answered || !websocket._autoPong || websocket.readyState !== OPEN) return;

  const limit = websocket._maxPendingAutoPongs;

  if (limit > 0 && websocket._pendingAutoPongs >= limit) {
    websocket.terminate();
    return;
  }

  websocket._pendingAutoPongs++;
  websocket.pong(data, !websocket._isServer, () => {
    websocket._pendingAutoPongs--;
  });
}

function handleClose(websocket, code, reason) {
  websocket._closeFrameReceived = true;
  websocket._closeCode = code;

  // A copy of its own size: the WebSocket may be kept for long.
  websocket._closeMessage =
    reason.length === 0 ? EMPTY_BUFFER : copyExactly(reason);

  if (websocket._socket[kWebSocket] === undefined) return;

  ignoreRest(websocket);

  if (code === 1005) websocket.close();
  else websocket.close(code, reason);
}

function handleError(websocket, err) {
  websocket._receiveFailed = true;

  if (websocket._socket[kWebSocket] !== undefined) {
    ignoreRest(websocket);
    websocket.close(err[kStatusCode]);
  }

  emitErrorOnce(websocket, err);
}

/** Goes on reading, to notice the end, but is not interested any more. */
function ignoreRest(websocket) {
  websocket._receiver.stopReading();
  process.nextTick(() => websocket._socket.resume());
}

function copyExactly(bytes) {
  const copy = Buffer.allocUnsafeSlow(bytes.length);

  copy.set(bytes);
  return copy;
}

module.exports = openTransport;
