'use strict';

const EventEmitter = require('events');

const { resolveBackpressure } = require('./backpressure');
const { kWebSocket } = require('./constants');
const {
  acceptKey,
  connectionOptions,
  SHARED_DEFAULTS
} = require('./handshake');
const {
  endHandshake,
  limitHandshake,
  noteRequest
} = require('./handshake-timer');
const { addListeners, listen } = require('./http-server');
const {
  abortHandshake,
  acceptExtensions,
  findRequestProblem,
  joinHead,
  readProtocols,
  useExtensions,
  useProtocol,
  verify
} = require('./server-handshake');
const { resolveHeartbeat, resolveTimeout } = require('./validation');
const WebSocket = require('./websocket');

/** On a server, the listener of its clients' `'close'` events. */
const kForget = Symbol('kForget');

// Values of `_state`.
const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/**
 * A WebSocket server, on an HTTP server of its own or of somebody else's.
 *
 * @extends EventEmitter
 */
class WebSocketServer extends EventEmitter {
  /**
   * Exactly one of `port`, `server` and `noServer` has to be given.
   *
   * @param {Object} options Options
   * @param {Boolean} [options.allowSynchronousEvents=true] Whether several
   *     `'message'`, `'ping'` and `'pong'` events may be emitted in one turn of
   *     the event loop
   * @param {Boolean} [options.autoPong=true] Whether pings are answered
   * @param {String} [options.backpressurePolicy='close'] What happens to a
   *     message that exceeds `maxBackpressure`: `'close'` ends the connection,
   *     `'drop'` does not send it, `'event'` sends it and emits `'backpressure'`
   * @param {Number} [options.backlog=511] Length of the queue of connections
   *     that wait to be accepted
   * @param {Boolean} [options.clientTracking=true] Whether there is a `clients`
   *     property
   * @param {Number} [options.closeTimeout=30000] Milliseconds the closing
   *     handshake may take
   * @param {Function} [options.handleProtocols] Chooses a subprotocol
   * @param {Number} [options.handshakeTimeout=0] Milliseconds the opening
   *     handshake may take, from the connection if there is a `port`, otherwise
   *     from the request; 0 for any time
   * @param {Object} [options.heartbeat] Whether silent clients are pinged; off
   *     by default
   * @param {Number} options.heartbeat.interval Milliseconds of silence before
   *     a ping is sent
   * @param {Number} [options.heartbeat.timeout=options.heartbeat.interval]
   *     Milliseconds a client has to answer before it is disconnected
   * @param {String} [options.host] Where to listen
   * @param {Number} [options.maxBackpressure=0] Most bytes that may wait for a
   *     client; 0 for any number
   * @param {Number} [options.maxBufferedChunks=262144] Most chunks that may wait
   *     for the rest of a frame
   * @param {Number} [options.maxFragments=16384] Most fragments of a message
   * @param {Number} [options.maxPayload=104857600] Most bytes of a message
   * @param {Number} [options.maxPendingAutoPongs=60] Most automatic pongs that
   *     may wait to be written
   * @param {Boolean} [options.noServer=false] Whether there is no HTTP server
   * @param {String} [options.path] The only path to handle
   * @param {(Boolean|Object)} [options.perMessageDeflate=false] Whether and how
   *     to compress
   * @param {Number} [options.port] Where to listen
   * @param {(http.Server|https.Server)} [options.server] The HTTP server to use
   * @param {Boolean} [options.skipUTF8Validation=false] Whether text and close
   *     reasons may be anything
   * @param {Function} [options.verifyClient] Refuses clients
   * @param {Function} [options.WebSocket=WebSocket] The class of the clients,
   *     `WebSocket` or one that extends it
   * @param {Function} [callback] A listener of the `'listening'` event. Only
   *     with `port`
   * @throws {TypeError} If not exactly one server is given, or an option is of
   *     the wrong type
   * @throws {RangeError} If an option is out of range
   */
  constructor(options, callback) {
    super();

    options = {
      ...SHARED_DEFAULTS,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      verifyClient: null,
      noServer: false,
      backlog: null,
      server: null,
      host: null,
      path: null,
      port: null,
      WebSocket,
      ...options
    };

    checkServerOptions(options);
    options.heartbeat = resolveHeartbeat(options.heartbeat);
    options.handshakeTimeout = resolveTimeout(
      'handshakeTimeout',
      options.handshakeTimeout
    );
    resolveBackpressure(options);

    if (options.port != null) this._server = listen(options, callback);
    else if (options.server) this._server = options.server;

    if (this._server) this._removeListeners = addListeners(this, this._server);
    if (options.perMessageDeflate === true) options.perMessageDeflate = {};

    if (options.clientTracking) {
      this.clients = new Set();
      this._shouldEmitClose = false;
    }

    this.options = options;
    this._state = RUNNING;
  }

  /**
   * Tells where the server listens.
   *
   * @return {(Object|String|null)} What `server.address()` returns, `null` if
   *     the server was closed
   * @throws {Error} If there never was an HTTP server
   */
  address() {
    if (this.options.noServer) {
      throw new Error('The server is operating in "noServer" mode');
    }

    return this._server ? this._server.address() : null;
  }

  /**
   * Stops accepting connections. Open ones stay open; the `'close'` event is
   * emitted when the last of them is over.
   *
   * @param {Function} [cb] Called with the `'close'` event; with an error if the
   *     server was closed before
   */
  close(cb) {
    if (this._state === CLOSED) {
      if (cb) {
        this.once('close', () => cb(new Error('The server is not running')));
      }

      process.nextTick(emitClose, this);
      return;
    }

    if (cb) this.once('close', cb);
    if (this._state === CLOSING) return;

    const server = this._server;

    this._state = CLOSING;

    if (server) {
      this._removeListeners();
      this._removeListeners = this._server = null;
    }

    if (!this.options.noServer && !this.options.server) {
      // A server of our own closes when its last socket has.
      server.close(() => emitClose(this));
    } else if (this.clients && this.clients.size) {
      this._shouldEmitClose = true;
    } else {
      process.nextTick(emitClose, this);
    }
  }

  /**
   * Decides whether a request is for this server. Meant to be overridden.
   *
   * @param {http.IncomingMessage} req The request
   * @return {Boolean} `true` if it is
   */
  shouldHandle(req) {
    const { path } = this.options;

    return !path || req.url.split('?', 1)[0] === path;
  }

  /**
   * Answers an upgrade request.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received behind the request
   * @param {Function} cb Called with the WebSocket and the request
   * @throws {Error} If called twice with the same socket
   */
  handleUpgrade(req, socket, head, cb) {
    socket.on('error', socketOnError);
    limitHandshake(socket, this.options.handshakeTimeout);
    noteRequest(socket);

    const problem = findRequestProblem(req);

    if (problem) {
      refuse(this, req, socket, problem);
      return;
    }

    if (!this.shouldHandle(req)) {
      abortHandshake(socket, 400);
      return;
    }

    const { protocols, refusal } = readProtocols(req);

    if (refusal) {
      refuse(this, req, socket, refusal);
      return;
    }

    const accepted = acceptExtensions(req, this.options);

    if (accepted.refusal) {
      refuse(this, req, socket, accepted.refusal);
      return;
    }

    const key = req.headers['sec-websocket-key'];
    const { extensions } = accepted;

    verify(this.options, req, socket, () => {
      this.completeUpgrade(extensions, key, protocols, req, socket, head, cb);
    });
  }

  /**
   * Accepts an upgrade request (RFC 6455, section 4.2.2).
   *
   * @param {Object} extensions The accepted extensions by name
   * @param {String} key The value of the `Sec-WebSocket-Key` header field
   * @param {Set<String>} protocols The subprotocols the client offers
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received behind the request
   * @param {Function} cb Called with the WebSocket and the request
   * @throws {Error} If called twice with the same socket
   */
  completeUpgrade(extensions, key, protocols, req, socket, head, cb) {
    // The client may have ended the connection while it was verified.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }

    if (socket[kWebSocket]) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same ' +
          'socket, possibly due to a misconfiguration'
      );
    }

    if (this._state > RUNNING) {
      abortHandshake(socket, 503);
      return;
    }

    endHandshake(socket);

    const ws = new this.options.WebSocket(null, undefined, this.options);
    const headers = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey(key)}`
    ];

    useProtocol(this.options, ws, protocols, req, headers);
    useExtensions(ws, extensions, headers);

    this.emit('headers', headers, req);

    socket.write(joinHead(headers));
    socket.removeListener('error', socketOnError);

    ws.setSocket(socket, head, connectionOptions(this.options));

    if (this.clients) track(this, ws);

    cb(ws, req);
  }
}

module.exports = WebSocketServer;

/**
 * @param {Object} options The options of a server
 * @throws {TypeError} If they name no HTTP server or several
 */
function checkServerOptions({ port, server, noServer }) {
  const given = [port != null, server, noServer].filter(Boolean);

  if (given.length !== 1) {
    throw new TypeError(
      'One and only one of the "port", "server", or "noServer" options must ' +
        'be specified'
    );
  }
}

/**
 * @param {WebSocketServer} wss The server that is closed now
 */
function emitClose(wss) {
  wss._state = CLOSED;
  wss.emit('close');
}

/**
 * Handles an error of a socket during the handshake.
 */
function socketOnError() {
  this.destroy();
}

/**
 * Refuses a malformed request, or leaves it to the listeners of the
 * `'wsClientError'` event.
 *
 * @param {WebSocketServer} wss The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket The connection
 * @param {Object} refusal Status `code`, `message` and `headers` of the response
 */
function refuse(wss, req, socket, { code, message, headers }) {
  if (wss.listenerCount('wsClientError') === 0) {
    abortHandshake(socket, code, message, headers);
    return;
  }

  const err = new Error(message);

  Error.captureStackTrace(err, refuse);
  wss.emit('wsClientError', err, socket, req);
}

/**
 * Keeps a client in `clients` as long as it is connected.
 *
 * @param {WebSocketServer} wss The server
 * @param {WebSocket} ws The client
 */
function track(wss, ws) {
  wss.clients.add(ws);

  // One function for all clients.
  if (!wss[kForget]) wss[kForget] = forgetter(wss);
  ws.on('close', wss[kForget]);
}

function forgetter(wss) {
  /** @this WebSocket */
  return function forget() {
    wss.clients.delete(this);

    if (wss._shouldEmitClose && !wss.clients.size) {
      process.nextTick(emitClose, wss);
    }
  };
}
