'use strict';

// An implementation, as far as it has to do with opening handshakes.

const net = require('net');
const path = require('path');

const {
  acceptKey,
  header,
  steadyHead
} = require('../../support/raw-handshake');

/** Milliseconds within which a handshake has come to an end, one way or other. */
const LIMIT = 10000;

const END_OF_HEAD = '\r\n\r\n';

/** Calls a function; tells what it returns or throws. */
function tryTo(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

function describeWebSocket(ws) {
  return { protocol: ws.protocol, extensions: ws.extensions };
}

/** Reads from a socket until it is closed. */
function readAll(socket) {
  return new Promise((resolve) => {
    let bytes = '';

    socket.setEncoding('latin1');
    socket.on('data', (data) => (bytes += data));
    socket.on('error', (error) => (bytes += `<${error.code}>`));
    socket.on('close', () => resolve(bytes));
    socket.setTimeout(LIMIT, () => socket.destroy(new Error('no end')));
  });
}

class Subject {
  /**
   * @param {String} name The module
   */
  constructor(name) {
    const lib = path.join(path.dirname(require.resolve(name)), 'lib');

    this._WebSocket = require(name);
    this._extension = require(path.join(lib, 'extension.js'));
    this._subprotocol = require(path.join(lib, 'subprotocol.js'));
    this._servers = new Map();
  }

  /** Opens what is needed for handshakes. */
  async start() {
    for (const perMessageDeflate of [true, false]) {
      this._servers.set(
        perMessageDeflate,
        await this._serve(perMessageDeflate)
      );
    }
    this._peer = await this._listen();
  }

  stop() {
    for (const { wss } of this._servers.values()) wss.close();
    this._peer.close();
  }

  /**
   * @param {Case} subject What to do; see generate.js
   * @return {Promise<Object>} What came of it, in plain values
   */
  async run({ kind, input, options }) {
    switch (kind) {
      case 'extensions':
        return tryTo(() => this._extension.parse(input));
      case 'protocols':
        return tryTo(() => [...this._subprotocol.parse(input)]);
      case 'format':
        return tryTo(() => this._extension.format(input));
      case 'request':
        return this._request(input, options);
      default:
        return this._response(input, options);
    }
  }

  _serve(perMessageDeflate) {
    return new Promise((resolve) => {
      const server = { notes: [] };
      const options = { host: '127.0.0.1', port: 0, perMessageDeflate };

      server.wss = new this._WebSocket.Server(options, () => resolve(server));
      server.wss.on('connection', (ws, req) => {
        ws.on('error', () => {});
        server.notes.push({ url: req.url, ...describeWebSocket(ws) });
      });
    });
  }

  async _request(head, { perMessageDeflate }) {
    const server = this._servers.get(perMessageDeflate);
    const { port } = server.wss.address();
    const socket = net.connect({ port, host: '127.0.0.1' });
    const reading = readAll(socket);

    server.notes = [];
    socket.end(head, 'latin1');

    const answer = steadyHead((await reading).split('\r\n'));

    return { answer, notes: server.notes };
  }

  /** A server that answers each request with `this._answer`. */
  _listen() {
    return new Promise((resolve) => {
      const server = net.createServer((socket) => {
        let request = '';

        socket.setEncoding('latin1');
        socket.on('error', () => {});
        socket.on('data', (data) => {
          request += data;
          if (request.endsWith(END_OF_HEAD)) this._reply(socket, request);
        });
      });

      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  }

  _reply(socket, request) {
    const lines = request.split('\r\n');
    const accept = acceptKey(header(lines, 'sec-websocket-key'));

    this._notes.push(
      ...steadyHead(lines).filter((line) => !line.startsWith('Host:'))
    );
    socket.end(this._answer.replaceAll('<accept>', accept), 'latin1');
  }

  async _response(head, { perMessageDeflate, protocols }) {
    const notes = [];

    this._notes = notes;
    this._answer = head;

    const ws = new this._WebSocket(
      `ws://127.0.0.1:${this._peer.address().port}`,
      protocols,
      { handshakeTimeout: LIMIT, perMessageDeflate }
    );

    ws.on('open', () => notes.push({ open: describeWebSocket(ws) }));
    ws.on('error', (error) => notes.push(`${error.code}: ${error.message}`));
    await new Promise((resolve) => ws.on('close', resolve));
    return notes;
  }
}

module.exports = { Subject };
