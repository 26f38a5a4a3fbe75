'use strict';

const { createHash } = require('crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The key of RFC 6455, section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/**
 * @param {String} key The value of Sec-WebSocket-Key
 * @return {String} The value of Sec-WebSocket-Accept
 */
function acceptKey(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Joins a head of lines and headers.
 *
 * @param {String} first The first line
 * @param {Object} headers The headers; those undefined are left out, arrays
 *     give a line for each element
 * @return {String} The head
 */
function joinHead(first, headers) {
  const lines = [first];

  for (const [name, value] of Object.entries(headers)) {
    for (const element of [].concat(value === undefined ? [] : value)) {
      lines.push(`${name}: ${element}`);
    }
  }

  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Writes the head of an upgrade request.
 *
 * @param {Object} [options]
 * @param {Object} [options.headers] Headers to add, replace or (undefined) drop
 * @param {String} [options.method='GET'] The method
 * @param {String} [options.path='/'] The request target
 * @return {String} The head
 */
function requestHead({ headers, method = 'GET', path = '/' } = {}) {
  return joinHead(`${method} ${path} HTTP/1.1`, {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': KEY,
    ...headers
  });
}

/**
 * Writes the head of the response to an upgrade request.
 *
 * @param {Object} options
 * @param {String[]} options.request The lines of the request
 * @param {Object} [options.headers] Headers to add, replace or (undefined) drop
 * @param {String} [options.status] The status
 * @return {String} The head
 */
function responseHead({
  headers,
  request,
  status = '101 Switching Protocols'
}) {
  return joinHead(`HTTP/1.1 ${status}`, {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(header(request, 'sec-websocket-key')),
    ...headers
  });
}

/**
 * @param {String[]} lines The lines of a head
 * @param {String} name The name of a header in lower case
 * @return {(String|undefined)} Its value
 */
function header(lines, name) {
  const line = lines.find((l) => l.toLowerCase().startsWith(`${name}:`));
  return line && line.slice(name.length + 1).trim();
}

/**
 * Replaces what differs from run to run in the lines of a head.
 *
 * @param {String[]} lines The lines
 * @return {String[]} The lines without random keys and dates
 */
function steadyHead(lines) {
  return lines.map((line) =>
    line
      .replace(/^(Sec-WebSocket-Key): [+/\w]{22}==$/, '$1: <key>')
      .replace(/^(Date): .+$/, '$1: <date>')
  );
}

module.exports = {
  KEY,
  acceptKey,
  header,
  requestHead,
  responseHead,
  steadyHead
};
