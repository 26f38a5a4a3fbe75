'use strict';

const HeaderScanner = require('./header-scanner');
const { isTokenChar } = require('./validation');

const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const SEMICOLON = 0x3b;

const DELIMITERS = [COMMA, SEMICOLON];

/**
 * Appends a value to the list kept under a name. `map` has no prototype, so
 * that names such as `constructor` are names like any other.
 *
 * @param {Object} map Lists by name
 * @param {String} name The name
 * @param {*} value The value
 */
function append(map, name, value) {
  if (map[name] === undefined) map[name] = [value];
  else map[name].push(value);
}

/**
 * Reads a quoted string. RFC 6455, section 9.1: what is left after unescaping
 * must be a token.
 *
 * @param {HeaderScanner} scanner Stands at the opening quote
 * @return {String} The string without quotes and escapes
 * @throws {SyntaxError} If the string is empty, does not end, or is no token
 */
function readQuotedString(scanner) {
  let value = '';

  scanner.index++;

  while (scanner.peek() !== QUOTE || value === '') {
    if (scanner.peek() === BACKSLASH) scanner.index++;
    if (!isTokenChar(scanner.peek())) scanner.fail();

    value += scanner.header[scanner.index++];
  }

  scanner.index++;
  return value;
}

/**
 * Reads the value of a parameter, if it has one.
 *
 * @param {HeaderScanner} scanner Stands behind the parameter's name
 * @return {(String|Boolean)} The value, or `true` if there is none
 * @throws {SyntaxError} If the value is malformed
 */
function readParameterValue(scanner) {
  if (scanner.peek() !== EQUALS) return true;

  scanner.index++;

  return scanner.peek() === QUOTE
    ? readQuotedString(scanner)
    : scanner.readToken();
}

/**
 * Parses the value of a `Sec-WebSocket-Extensions` header field
 * (RFC 6455, section 9.1).
 *
 * @param {String} header The value
 * @return {Object} For each extension's name the list of its offers, each of
 *     them an object with the list of values of each parameter: strings, or
 *     `true` where the parameter has no value. No object has a prototype
 * @throws {SyntaxError} If the value is malformed
 */
function parse(header) {
  const scanner = new HeaderScanner(header);
  const offers = Object.create(null);
  let delimiter;

  do {
    const name = scanner.readToken();
    const params = Object.create(null);

    delimiter = scanner.readDelimiter(DELIMITERS);

    while (delimiter === SEMICOLON) {
      const param = scanner.readToken();
      const value = readParameterValue(scanner);

      delimiter = scanner.readDelimiter(DELIMITERS);
      append(params, param, value);
    }

    append(offers, name, params);
  } while (delimiter === COMMA);

  return offers;
}

/**
 * Wraps a value that is not a list in one.
 *
 * @param {*} value The value or list of values
 * @return {Array} The list
 */
function toList(value) {
  return Array.isArray(value) ? value : [value];
}

/**
 * Builds the value of a `Sec-WebSocket-Extensions` header field.
 *
 * @param {Object} extensions Parameters, or a list of them, by extension name.
 *     A parameter is a value or a list of values; `true` stands for a parameter
 *     without a value
 * @return {String} The value of the header field
 */
function format(extensions) {
  const offers = [];

  for (const name of Object.keys(extensions)) {
    for (const params of toList(extensions[name])) {
      const parts = [name];

      for (const param of Object.keys(params)) {
        for (const value of toList(params[param])) {
          parts.push(value === true ? param : `${param}=${value}`);
        }
      }

      offers.push(parts.join('; '));
    }
  }

  return offers.join(', ');
}

module.exports = { format, parse };
