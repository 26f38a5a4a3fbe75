'use strict';

const { once } = require('events');
const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const os = require('os');
const path = require('path');

const { RawPeer } = require('./raw-peer');
const { acceptKey, requestHead, responseHead } = require('./raw-handshake');

const CLEAN_UP_LIMIT = 2000;

/** How long 'close' is waited for: scenarios may have prevented it. */
const CLOSE_LIMIT = 100;

const HOST = '127.0.0.1';

/** What scenarios need to set up connections, and what takes them down again. */
class Tools {
  /**
   * @param {Function} implementation The `WebSocket` class under test
   * @param {Trace} trace The trace of the scenario
   * @param {String} modulePath What the class was required as
   */
  constructor(implementation, trace, modulePath) {
    this._modulePath = modulePath;
    this._cleanUps = [];
    this._trace = trace;
    this._WebSocket = implementation;
    this._WebSocketServer = implementation.WebSocketServer;
  }

  /**
   * Has something done at the end of the scenario, last registered first.
   *
   * @param {Function} cleanUp May return a promise
   */
  atEnd(cleanUp) {
    this._cleanUps.unshift(cleanUp);
  }

  /** Takes everything down. */
  async cleanUp() {
    for (const cleanUp of this._cleanUps) {
      await within(CLEAN_UP_LIMIT, cleanUp());
    }
  }

  /**
   * Waits for other work of the event loop.
   *
   * @param {Number} [count=1] How many turns
   */
  async turns(count = 1) {
    for (let i = 0; i < count; i++) await new Promise(setImmediate);
  }

  /**
   * @param {Number} ms Milliseconds
   * @return {Promise<void>} Settles when they are over
   */
  delay(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /**
   * @param {EventEmitter} emitter An emitter
   * @param {String} event An event; `'error'` ahead of it does not reject
   * @return {Promise<Array>} The arguments of its next occurrence
   */
  event(emitter, event) {
    return new Promise((resolve) => {
      emitter.once(event, (...values) => resolve(values));
    });
  }

  /**
   * Has a server listen on a free port and taken down at the end.
   *
   * @param {net.Server} server The server
   * @return {Promise<Number>} The port
   */
  async listen(server) {
    server.listen(0, HOST);
    await once(server, 'listening');
    return this.adopt(server);
  }

  /**
   * Has a listening server taken down at the end.
   *
   * @param {net.Server} server The server
   * @return {Number} The port
   */
  adopt(server) {
    const sockets = new Set();
    const { port } = server.address();

    this._trace.alias(`:${port}`, ':<port>');
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    this.atEnd(async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    });

    return port;
  }

  /**
   * @param {Object} [options] Options of `WebSocketServer`
   * @return {Promise<{wss: WebSocketServer, port: Number, url: String}>} A
   *     listening server of the implementation under test
   */
  async serve(options) {
    const wss = new this._WebSocketServer({ host: HOST, port: 0, ...options });
    const server = wss._server;

    await once(wss, 'listening');

    const port = this.adopt(server);
    return { wss, port, url: `ws://${HOST}:${port}` };
  }

  /**
   * @param {Function} [listener] Listener of `'request'`
   * @return {Promise<{server: http.Server, port: Number, url: String}>}
   */
  async serveHttp(listener) {
    const server = http.createServer(listener);
    const port = await this.listen(server);

    return { server, port, url: `ws://${HOST}:${port}` };
  }

  /**
   * @param {Object} [options] Further options of `https.createServer()`
   * @return {Promise<{server: https.Server, port: Number, url: String}>}
   */
  async serveHttps(options) {
    const server = https.createServer({ ...this.certificate(), ...options });
    const port = await this.listen(server);

    return { server, port, url: `wss://localhost:${port}` };
  }

  /**
   * @return {{cert: Buffer, key: Buffer}} A certificate for localhost that
   *     signs itself
   */
  certificate() {
    const fixture = (name) =>
      fs.readFileSync(path.join(__dirname, '..', 'fixtures', name));

    return { cert: fixture('certificate.pem'), key: fixture('key.pem') };
  }

  /**
   * @return {String} A path for a Unix socket
   */
  socketPath() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));

    this._trace.alias(directory, '<directory>');
    this.atEnd(() => fs.rmSync(directory, { recursive: true }));
    return path.join(directory, 'socket');
  }

  /**
   * Installs the package under test under the name of ws.
   *
   * @return {String} A directory in which programs find it
   */
  install() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));
    const manifest = require.resolve(`${this._modulePath}/package.json`);

    this.atEnd(() => fs.rmSync(directory, { recursive: true }));
    fs.mkdirSync(path.join(directory, 'node_modules'));
    fs.symlinkSync(
      path.dirname(manifest),
      path.join(directory, 'node_modules', 'ws'),
      'junction'
    );
    return directory;
  }

  /**
   * Connects a client of the implementation under test.
   *
   * @param {...*} values Arguments of its constructor
   * @return {WebSocket} The client, which is terminated at the end
   */
  client(...values) {
    return this.own(new this._WebSocket(...values));
  }

  /**
   * Has a WebSocket terminated at the end.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {WebSocket} The same
   */
  own(ws) {
    this.atEnd(() => {
      if (ws.readyState === 3) return undefined;

      const closed = this.event(ws, 'close');

      ws.on('error', () => {});
      ws.terminate();
      return Promise.race([closed, this.delay(CLOSE_LIMIT)]);
    });

    return ws;
  }

  /**
   * Opens a TCP connection.
   *
   * @param {(Number|String)} port A port or the path of a Unix socket
   * @return {Promise<RawPeer>} This end of it
   */
  async dial(port) {
    const address =
      typeof port === 'number' ? { host: HOST, port } : { path: port };
    const socket = net.connect({ ...address, allowHalfOpen: true });

    this.atEnd(() => socket.destroy());
    await once(socket, 'connect');
    socket.setNoDelay();
    return new RawPeer(socket, true);
  }

  /**
   * Opens a connection and shakes hands by hand.
   *
   * @param {Number} port The port
   * @param {Object} [options]
   * @param {Buffer} [options.tail] Bytes to send together with the request
   * @param {Object} [options.headers] See `requestHead()`
   * @param {String} [options.path] See `requestHead()`
   * @return {Promise<RawPeer>} The client's end, with the lines of the response
   *     as `response`
   */
  async dialWebSocket(port, { tail = Buffer.alloc(0), ...options } = {}) {
    const peer = await this.dial(port);

    peer.write(Buffer.from(requestHead(options)), tail);
    peer.response = await peer.head();
    return peer;
  }

  /**
   * Has a TCP server pass each connection on, with its request read.
   *
   * @param {Function} handler Gets a RawPeer, with the lines of the request as
   *     `request`, its number from 0 on as `index`, and a method `accept()`
   * @param {(Number|String)} [address] A path of a Unix socket instead of a port
   * @return {Promise<{server: net.Server, port: Number, url: String}>}
   */
  async serveRaw(handler, address) {
    let connections = 0;
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new RawPeer(socket, false);

      socket.setNoDelay();
      peer.index = connections++;
      peer.accept = (headers, ...tail) => {
        const head = responseHead({ request: peer.request, headers });
        peer.write(Buffer.from(head), ...tail);
      };
      peer.head().then(
        (lines) => {
          peer.request = lines;
          handler(peer);
        },
        () => {}
      );
    });

    if (address) {
      server.listen(address);
      await once(server, 'listening');
      this.atEnd(() => server.close());
      return { server };
    }

    const port = await this.listen(server);
    return { server, port, url: `ws://${HOST}:${port}` };
  }

  /**
   * Opens a connection between a WebSocket of the implementation under test and
   * a raw peer.
   *
   * @param {String} side Which side the WebSocket is, 'server' or 'client'
   * @param {Object} [options] Its options
   * @return {Promise<{ws: WebSocket, peer: RawPeer}>} Both ends
   */
  async open(side, options) {
    return side === 'server'
      ? this.openServer(options)
      : this.openClient(options);
  }

  /**
   * @param {Object} [options] Options of `WebSocketServer`
   * @param {Object} [request] Options of `dialWebSocket()`
   * @return {Promise<{ws: WebSocket, peer: RawPeer, req: http.IncomingMessage,
   *     wss: WebSocketServer}>} A connection accepted from a raw client
   */
  async openServer(options, request) {
    const { wss, port } = await this.serve(options);
    const connection = once(wss, 'connection');
    const peer = await this.dialWebSocket(port, request);
    const [ws, req] = await connection;

    return { ws: this.own(ws), peer, req, wss };
  }

  /**
   * @param {Object} [options] Options of `WebSocket`
   * @return {Promise<{ws: WebSocket, peer: RawPeer}>} A connection to a raw server
   */
  async openClient(options) {
    const accepted = defer();
    const { url } = await this.serveRaw((peer) => {
      peer.accept();
      accepted.resolve(peer);
    });
    const ws = this.client(url, { perMessageDeflate: false, ...options });

    await once(ws, 'open');
    return { ws, peer: await accepted.promise };
  }

  /**
   * Opens a connection of which both ends are the implementation under test.
   *
   * @param {Object} [serverOptions] Options of `WebSocketServer`
   * @param {Object} [clientOptions] Options of `WebSocket`
   * @return {Promise<{client: WebSocket, server: WebSocket, wss: WebSocketServer}>}
   */
  async pair(serverOptions, clientOptions) {
    const { wss, url } = await this.serve(serverOptions);
    const connection = once(wss, 'connection');
    const client = this.client(url, {
      perMessageDeflate: false,
      ...clientOptions
    });

    await once(client, 'open');

    const [server] = await connection;
    return { client, server: this.own(server), wss };
  }
}

/**
 * @return {{promise: Promise, resolve: Function, reject: Function}} A promise
 *     and its handles
 */
function defer() {
  const deferred = {};

  deferred.promise = new Promise((resolve, reject) => {
    Object.assign(deferred, { resolve, reject });
  });
  return deferred;
}

/**
 * Waits for a promise, but not for ever.
 *
 * @param {Number} ms How long, in milliseconds
 * @param {Promise} promise The promise
 * @return {Promise<*>} What it gave; rejected when the time is over
 */
async function within(ms, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not over after ${ms} ms`)), ms);
  });

  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { Tools, acceptKey, defer, within };
