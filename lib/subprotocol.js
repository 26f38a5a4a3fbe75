'use strict';

const HeaderScanner = require('./header-scanner');

const DELIMITERS = [','.charCodeAt(0)];

/**
 * Parses the value of a `Sec-WebSocket-Protocol` header field
 * (RFC 6455, section 11.3.4).
 *
 * @param {String} header The value
 * @return {Set<String>} The subprotocols in the client's order of preference
 * @throws {SyntaxError} If the value is not a list of distinct tokens
 */
function parse(header) {
  const scanner = new HeaderScanner(header);
  const protocols = new Set();
  let delimiter;

  do {
    const protocol = scanner.readToken();

    delimiter = scanner.readDelimiter(DELIMITERS);

    // RFC 6455, section 4.1, item 10: the values must all be unique.
    if (protocols.has(protocol)) {
      throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);
    }

    protocols.add(protocol);
  } while (delimiter !== undefined);

  return protocols;
}

module.exports = { parse };
