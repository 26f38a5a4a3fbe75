'use strict';

const { isTokenChar } = require('./validation');

const TAB = 0x09;
const SPACE = 0x20;

/**
 * Reads the comma-separated lists of the opening handshake's header fields from
 * left to right. Never looks at a character more than twice, so the time is
 * linear in the length of what a peer sends.
 */
class HeaderScanner {
  /**
   * @param {String} header The value of a header field
   */
  constructor(header) {
    this.header = header;
    this.index = 0;
  }

  /**
   * @return {Boolean} `true` if everything was read
   */
  get atEnd() {
    return this.index >= this.header.length;
  }

  /**
   * The code unit at the current index, `NaN` at the end.
   *
   * @return {Number} The code unit
   */
  peek() {
    return this.header.charCodeAt(this.index);
  }

  /**
   * Reads optional white space.
   *
   * @return {Boolean} `true` if there was any
   */
  skipWhitespace() {
    const start = this.index;

    while (this.peek() === SPACE || this.peek() === TAB) this.index++;

    return this.index !== start;
  }

  /**
   * Reads a token.
   *
   * @return {String} The token, at least one character long
   * @throws {SyntaxError} If there is none at the current index
   */
  readToken() {
    const start = this.index;

    while (isTokenChar(this.peek())) this.index++;

    if (this.index === start) this.fail();

    return this.header.slice(start, this.index);
  }

  /**
   * Reads what follows an element: the end, or white space and a delimiter,
   * and white space before the next element. White space at the very end is
   * refused.
   *
   * @param {Number[]} allowed The code units that are delimiters here
   * @return {(Number|undefined)} The delimiter, `undefined` at the end
   * @throws {SyntaxError} If anything else follows
   */
  readDelimiter(allowed) {
    if (this.atEnd) return undefined;

    this.skipWhitespace();

    const code = this.peek();

    if (!allowed.includes(code)) this.fail();

    this.index++;
    this.skipWhitespace();
    return code;
  }

  /**
   * Refuses the header because of what is at the current index.
   *
   * @throws {SyntaxError} Always
   */
  fail() {
    throw new SyntaxError(
      this.atEnd
        ? 'Unexpected end of input'
        : `Unexpected character at index ${this.index}`
    );
  }
}

module.exports = HeaderScanner;
