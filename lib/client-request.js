'use strict';

const { randomBytes } = require('crypto');
const net = require('net');
const querystring = require('querystring');
const tls = require('tls');
const { URL } = require('url');

const { resolveBackpressure } = require('./backpressure');
const { SHARED_DEFAULTS } = require('./handshake');
const { isToken, resolveHeartbeat } = require('./validation');

const PROTOCOL_VERSIONS = [8, 13];

// What the URL says, whatever the user's options say.
const OWN_REQUEST_OPTIONS = {
  socketPath: undefined,
  hostname: undefined,
  protocol: undefined,
  protocols: undefined,
  timeout: undefined,
  method: 'GET',
  host: undefined,
  path: undefined,
  port: undefined
};

/**
 * Completes and checks the options of a client.
 *
 * @param {Object} [options] The user's options
 * @return {Object} Options for `http.request()` that only lack the target
 * @throws {RangeError} If the protocol version is not supported, or a duration
 *     of the heartbeat is out of range
 * @throws {TypeError} If the heartbeat is not described by an object of numbers
 */
function resolveOptions(options) {
  const resolved = {
    ...SHARED_DEFAULTS,
    protocolVersion: 13,
    perMessageDeflate: true,
    followRedirects: false,
    maxRedirects: 10,
    ...options,
    ...OWN_REQUEST_OPTIONS
  };

  if (!PROTOCOL_VERSIONS.includes(resolved.protocolVersion)) {
    throw new RangeError(
      `Unsupported protocol version: ${resolved.protocolVersion} ` +
        `(supported versions: ${PROTOCOL_VERSIONS.join(', ')})`
    );
  }

  resolved.heartbeat = resolveHeartbeat(resolved.heartbeat);
  resolveBackpressure(resolved);
  return resolved;
}

/**
 * Parses the address of a server.
 *
 * @param {(String|URL)} address The address
 * @param {URL} [base] The address that a relative one refers to
 * @return {URL} The URL, with `ws:` for `http:` and `wss:` for `https:`. Never
 *     a changed object of the caller's
 * @throws {SyntaxError} If the address is malformed
 */
function parseAddress(address, base) {
  let url = address;

  if (!(address instanceof URL)) {
    try {
      url = new URL(address, base);
    } catch {
      throw new SyntaxError(`Invalid URL: ${address}`);
    }
  }

  if (url.protocol === 'http:' || url.protocol === 'https:') {
    url = new URL(url);
    url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  }

  return url;
}

/**
 * Tells why a WebSocket cannot be opened for a URL (RFC 6455, section 3).
 *
 * @param {URL} url The URL
 * @return {(String|undefined)} The reason, `undefined` if there is none
 */
function findUrlProblem(url) {
  if (!['ws:', 'wss:', 'ws+unix:'].includes(url.protocol)) {
    return (
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", ' +
      'or "ws+unix:"'
    );
  }

  if (url.protocol === 'ws+unix:' && !url.pathname) {
    return "The URL's pathname is empty";
  }

  return url.hash ? 'The URL contains a fragment identifier' : undefined;
}

/**
 * Opens a TCP or IPC connection. `options.path` is the request's path here, and
 * `net.connect()` would take it for the path of an IPC socket.
 *
 * @param {Object} options The options of the request
 * @return {net.Socket} The socket
 */
function connectPlain(options) {
  options.path = options.socketPath;
  return net.connect(options);
}

/**
 * Opens a TLS connection. RFC 6066, section 3: the server name that is sent is
 * never an address.
 *
 * @param {Object} options The options of the request
 * @return {tls.TLSSocket} The socket
 */
function connectSecurely(options) {
  options.path = undefined;

  if (!options.servername && options.servername !== '') {
    options.servername = net.isIP(options.host) ? '' : options.host;
  }

  return tls.connect(options);
}

/**
 * Adds what a URL says about the server and the resource.
 *
 * @param {Object} options The options of the request
 * @param {URL} url The URL
 */
function addTarget(options, url) {
  const isSecure = url.protocol === 'wss:';
  const defaultPort = isSecure ? 443 : 80;

  if (!options.createConnection) {
    options.createConnection = isSecure ? connectSecurely : connectPlain;
  }

  options.defaultPort = options.defaultPort || defaultPort;
  options.port = url.port || defaultPort;
  options.host = url.hostname.replace(/^\[|\]$/g, '');
  options.path = url.pathname + url.search;
  options.timeout = options.handshakeTimeout;

  if (url.username || url.password) {
    const username = querystring.unescape(url.username);
    const password = querystring.unescape(url.password);

    options.auth = `${username}:${password}`;
  }

  if (url.protocol === 'ws+unix:') splitSocketPath(options);
}

/**
 * Takes the path of an IPC URL apart: the socket's path, and behind the first
 * colon the path of the request.
 *
 * @param {Object} options The options of the request
 */
function splitSocketPath(options) {
  const { path } = options;
  const colon = path.indexOf(':');
  const end = colon === -1 ? path.length : colon;

  options.socketPath = path.slice(0, end);
  options.path = path.slice(end + 1);
}

/**
 * Adds the header fields of the opening handshake (RFC 6455, section 4.1).
 *
 * @param {Object} options The options of the request
 * @param {String} [extensions] The value of `Sec-WebSocket-Extensions`
 * @param {String[]} protocols The subprotocols
 * @return {String} The key
 */
function addHeaders(options, extensions, protocols) {
  const { origin, protocolVersion } = options;
  const key = randomBytes(16).toString('base64');
  const headers = {
    ...options.headers,
    'Sec-WebSocket-Version': protocolVersion,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket'
  };

  if (extensions) headers['Sec-WebSocket-Extensions'] = extensions;
  if (protocols.length) {
    headers['Sec-WebSocket-Protocol'] = protocols.join(',');
  }

  if (origin) {
    headers[protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = origin;
  }

  options.headers = headers;
  return key;
}

/**
 * Checks the names of subprotocols (RFC 6455, section 4.1, item 10).
 *
 * @param {Array} protocols The names
 * @return {Set<String>} The same names
 * @throws {SyntaxError} If one is not a token or comes twice
 */
function checkProtocols(protocols) {
  const names = new Set(protocols);

  if (names.size !== protocols.length || ![...names].every(isToken)) {
    throw new SyntaxError('An invalid or duplicated subprotocol was specified');
  }

  return names;
}

module.exports = {
  addHeaders,
  addTarget,
  checkProtocols,
  findUrlProblem,
  parseAddress,
  resolveOptions
};
