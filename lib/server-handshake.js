'use strict';

const http = require('http');

const extension = require('./extension');
const PerMessageDeflate = require('./permessage-deflate');
const subprotocol = require('./subprotocol');

// 16 bytes in base64 (RFC 6455, section 4.2.1, item 5).
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/**
 * @typedef {Object} Refusal
 * @property {Number} code The status code of the response
 * @property {String} message The body of the response
 * @property {Object} [headers] Additional header fields of the response
 */

/**
 * @param {String} message The body of a response with status 400
 * @param {Object} [headers] Additional header fields
 * @return {Refusal} The refusal
 */
function badRequest(message, headers) {
  return { code: 400, message, headers };
}

/**
 * Checks what every opening handshake has to contain (RFC 6455, section 4.2.1).
 *
 * @param {http.IncomingMessage} req The request
 * @return {(Refusal|undefined)} What is wrong
 */
function findRequestProblem(req) {
  const { upgrade, 'sec-websocket-key': key } = req.headers;

  if (req.method !== 'GET') {
    return { code: 405, message: 'Invalid HTTP method' };
  }

  if (upgrade === undefined || upgrade.toLowerCase() !== 'websocket') {
    return badRequest('Invalid Upgrade header');
  }

  if (key === undefined || !KEY.test(key)) {
    return badRequest('Missing or invalid Sec-WebSocket-Key header');
  }

  if (![8, 13].includes(protocolVersion(req))) {
    // RFC 6455, section 4.4: the client is told which versions there are.
    return badRequest('Missing or invalid Sec-WebSocket-Version header', {
      'Sec-WebSocket-Version': '13, 8'
    });
  }

  return undefined;
}

/**
 * @param {http.IncomingMessage} req The request
 * @return {Number} The version of the protocol, `NaN` if there is none
 */
function protocolVersion(req) {
  return +req.headers['sec-websocket-version'];
}

/**
 * Reads the subprotocols that a client offers.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object} `protocols`, a `Set`, or `refusal`
 */
function readProtocols(req) {
  const header = req.headers['sec-websocket-protocol'];

  if (header === undefined) return { protocols: new Set() };

  try {
    return { protocols: subprotocol.parse(header) };
  } catch {
    return { refusal: badRequest('Invalid Sec-WebSocket-Protocol header') };
  }
}

/**
 * Accepts the extensions that a client offers and the server knows.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} options The options of the server
 * @return {Object} `extensions`, the accepted ones by name, or `refusal`
 */
function acceptExtensions(req, { perMessageDeflate, maxPayload }) {
  const header = req.headers['sec-websocket-extensions'];
  const name = PerMessageDeflate.extensionName;
  const extensions = {};

  if (!perMessageDeflate || header === undefined) return { extensions };

  const deflate = new PerMessageDeflate({
    ...perMessageDeflate,
    isServer: true,
    maxPayload
  });

  try {
    const offers = extension.parse(header)[name];

    if (offers) {
      deflate.accept(offers);
      extensions[name] = deflate;
    }

    return { extensions };
  } catch {
    const message = 'Invalid or unacceptable Sec-WebSocket-Extensions header';

    return { refusal: badRequest(message) };
  }
}

/**
 * Describes a client to the `verifyClient` option.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object} What the option is called with
 */
function clientInfo(req) {
  const isHybi8 = protocolVersion(req) === 8;

  return {
    origin: req.headers[isHybi8 ? 'sec-websocket-origin' : 'origin'],
    secure: !!(req.socket.authorized || req.socket.encrypted),
    req
  };
}

/**
 * Answers a request with an HTTP error and ends the connection.
 *
 * @param {Duplex} socket The connection
 * @param {Number} code The status code
 * @param {String} [message] The body, by default the status code's standard text
 * @param {Object} [headers] Additional header fields
 */
function abortHandshake(socket, code, message, headers) {
  const reason = http.STATUS_CODES[code];
  const body = message || reason || '';
  const fields = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(body),
    ...headers
  };
  const lines = [`HTTP/1.1 ${code} ${reason}`];

  for (const name of Object.keys(fields)) {
    lines.push(`${name}: ${fields[name]}`);
  }

  // A client that never ends its side must not keep the connection.
  socket.once('finish', socket.destroy);
  socket.end(joinHead(lines) + body);
}

/**
 * Makes the head of a response. What a program takes from elsewhere into a line
 * must not become lines of its own (RFC 9110, section 5.5).
 *
 * @param {String[]} lines The lines
 * @return {String} The head
 */
function joinHead(lines) {
  const safe = lines.map((line) => String(line).replace(/[\r\n\0]+/g, ' '));

  return `${safe.join('\r\n')}\r\n\r\n`;
}

/**
 * Asks the `verifyClient` option, which is asynchronous if it takes a callback.
 *
 * @param {Object} options The options of the server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket The connection
 * @param {Function} proceed Called if the client is welcome
 */
function verify(options, req, socket, proceed) {
  if (!options.verifyClient) {
    proceed();
    return;
  }

  const info = clientInfo(req);

  if (options.verifyClient.length === 2) {
    options.verifyClient(info, (verified, code, message, headers) => {
      if (verified) proceed();
      else abortHandshake(socket, code || 401, message, headers);
    });
  } else if (options.verifyClient(info)) {
    proceed();
  } else {
    abortHandshake(socket, 401);
  }
}

/**
 * Chooses one of the subprotocols that a client offers, the first one unless
 * the `handleProtocols` option says otherwise.
 *
 * @param {Object} options The options of the server
 * @param {WebSocket} ws The client
 * @param {Set<String>} protocols The subprotocols
 * @param {http.IncomingMessage} req The request
 * @param {String[]} headers The lines of the response
 */
function useProtocol(options, ws, protocols, req, headers) {
  if (!protocols.size) return;

  const protocol = options.handleProtocols
    ? options.handleProtocols(protocols, req)
    : protocols.values().next().value;

  if (!protocol) return;

  headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  ws._protocol = protocol;
}

/**
 * Puts extensions into force.
 *
 * @param {WebSocket} ws The client
 * @param {Object} extensions The accepted extensions by name
 * @param {String[]} headers The lines of the response
 */
function useExtensions(ws, extensions, headers) {
  const name = PerMessageDeflate.extensionName;

  if (!extensions[name]) return;

  const value = extension.format({ [name]: [extensions[name].params] });

  headers.push(`Sec-WebSocket-Extensions: ${value}`);
  ws._extensions = extensions;
}

module.exports = {
  abortHandshake,
  acceptExtensions,
  findRequestProblem,
  joinHead,
  readProtocols,
  useExtensions,
  useProtocol,
  verify
};
