'use strict';

const { KEY, requestHead } = require('../../support/raw-handshake');
const { Random } = require('../random');

/**
 * @typedef {Object} Case
 * @property {String} kind `extensions` or `protocols`, values to parse;
 *     `format`, extensions to write; `request`, what a server gets; `response`,
 *     what a client gets
 * @property {(String|Object)} input The value or the head; bytes are code units.
 *     `<accept>` in a response stands for the right value
 * @property {Object} [options] Of the server or client: `perMessageDeflate`, and
 *     a client's `protocols`
 */

/** What a list is made of, and what does not belong there. */
const SYNTAX = [',', ';', '=', '"', '\\', ' ', '\t', '-', '_', '!', '|'];
const STRANGERS = ['\0', '\x7f', '\x80', '\xff', '(', '@', '{', ':', '/'];

const NAMES = [
  'permessage-deflate',
  'permessage-deflate',
  'permessage-bzip2',
  'x-webkit-deflate-frame',
  '__proto__',
  'constructor',
  'a'
];
const PARAMETERS = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
  '__proto__',
  'toString',
  'b'
];
const VALUES = ['8', '9', '10', '15', '16', '7', '08', '+9', '9.5', '', 'x'];
const PROTOCOLS = ['chat', 'superchat', 'mqtt', '__proto__', 'a', 'b', 'A'];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'get', 'OPTIONS', 'X'];
const TARGETS = ['/', '/a?b=c', '*', 'http://localhost/', '/%00', '/\xe4', ''];
const STATUSES = [
  '101 Switching Protocols',
  '101 Switching Protocols',
  '101 Switching Protocols',
  '101',
  '100 Continue',
  '200 OK',
  '301 Moved Permanently',
  '401 Unauthorized',
  '999 ?'
];
const VERSIONS = ['13', '8', '13 ', '013', '13, 8', '0xd', '1.3e1', '7', ''];
const KEYS = [
  KEY,
  KEY.slice(1),
  `${KEY}=`,
  KEY.replace('d', '*'),
  '',
  `${KEY} `
];
const UPGRADES = ['websocket', 'WebSocket', 'websocket, h2c', 'h2c', ''];
const CONNECTIONS = ['Upgrade', 'keep-alive, Upgrade', 'close', 'upgrade', ''];

/** Makes the parts of cases from a sequence of random numbers. */
class Generator {
  constructor(seed) {
    this._random = new Random(seed);
  }

  /** @return {Case} A case */
  make() {
    return this._random.choose([
      [
        4,
        () => ({ kind: 'extensions', input: this._wild(this._extensions()) })
      ],
      [2, () => ({ kind: 'protocols', input: this._wild(this._protocols()) })],
      [1, () => ({ kind: 'format', input: this._offers() })],
      [2, () => this._request()],
      [2, () => this._response()]
    ]);
  }

  _list(least, most, separators, make) {
    const parts = [];

    for (let i = this._random.between(least, most); i > 0; i--) {
      if (parts.length > 0) parts.push(this._random.pick(separators));
      parts.push(make());
    }

    return parts.join('');
  }

  _value() {
    const value = this._random.pick(VALUES);

    return this._random.chance(25) ? `"${value}"` : value;
  }

  _parameter() {
    const name = this._random.pick(PARAMETERS);

    return this._random.chance(50) ? name : `${name}=${this._value()}`;
  }

  _extension() {
    const name = this._random.pick(NAMES);
    const parameters = this._list(0, 4, ['; ', ';', ' ;\t'], () =>
      this._parameter()
    );

    return parameters ? `${name}; ${parameters}` : name;
  }

  _extensions() {
    return this._list(1, 3, [', ', ',', ' , '], () => this._extension());
  }

  _protocols() {
    return this._list(1, 4, [', ', ',', '\t,'], () =>
      this._random.pick(PROTOCOLS)
    );
  }

  /** What `format()` is given. */
  _offers() {
    const parameters = () =>
      Object.fromEntries(
        Array.from({ length: this._random.below(3) }, () => [
          this._random.pick(PARAMETERS.filter((name) => name !== '__proto__')),
          this._random.pick([true, 10, '9', [true], ['8', true]])
        ])
      );

    return Object.fromEntries(
      Array.from({ length: this._random.below(3) }, () => [
        this._random.pick(NAMES.filter((name) => name !== '__proto__')),
        this._random.chance(50) ? parameters() : [parameters(), parameters()]
      ])
    );
  }

  /** Changes a few characters of a text, or none. */
  _wild(text) {
    let result = text;

    for (let i = this._random.below(4); i > 0; i--) {
      const at = this._random.below(result.length + 1);
      const length = this._random.below(3);

      result =
        result.slice(0, at) +
        this._random.choose([
          [4, () => this._random.pick(SYNTAX)],
          [1, () => this._random.pick(STRANGERS)],
          [2, () => ''],
          [1, () => result.slice(at, at + 10) + result.slice(at, at + length)]
        ]) +
        result.slice(at + length);
    }

    return result;
  }

  /** Mostly the first of the values, which is the right one. */
  _mostly(values) {
    return this._random.chance(85) ? values[0] : this._random.pick(values);
  }

  _request() {
    const head = requestHead({
      method: this._mostly(METHODS),
      path: this._mostly(TARGETS),
      headers: {
        Connection: this._mostly(CONNECTIONS),
        Upgrade: this._mostly(UPGRADES),
        'Sec-WebSocket-Key': this._mostly(KEYS),
        'Sec-WebSocket-Version': this._mostly(VERSIONS),
        ...this._negotiation()
      }
    });

    return {
      kind: 'request',
      input: this._wildHead(head),
      options: { perMessageDeflate: this._random.chance(70) }
    };
  }

  _response() {
    const protocols = PROTOCOLS.filter(() => this._random.chance(25));
    const lines = Object.entries({
      Connection: this._mostly(CONNECTIONS),
      Upgrade: this._mostly(UPGRADES),
      'Sec-WebSocket-Accept': this._mostly(['<accept>', KEY, '', '<accept>=']),
      ...this._agreement(protocols)
    })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}`);
    const head = [`HTTP/1.1 ${this._mostly(STATUSES)}`, ...lines, '', ''];

    return {
      kind: 'response',
      input: this._wildHead(head.join('\r\n')),
      options: { perMessageDeflate: this._random.chance(70), protocols }
    };
  }

  /** What a client offers. */
  _negotiation() {
    return {
      'Sec-WebSocket-Extensions': this._random.chance(70)
        ? this._random.pick([this._extensions(), this._extension()])
        : undefined,
      'Sec-WebSocket-Protocol': this._random.chance(50)
        ? this._protocols()
        : undefined
    };
  }

  /** What a server makes of an offer, mostly in keeping with it. */
  _agreement(protocols) {
    const extensions = this._random.pick([
      undefined,
      'permessage-deflate',
      `permessage-deflate; ${this._parameter()}`,
      this._extensions()
    ]);

    return {
      'Sec-WebSocket-Extensions': extensions,
      'Sec-WebSocket-Protocol': this._mostly([protocols[0], ...PROTOCOLS])
    };
  }

  /** Nothing follows a head: frames are the other fuzzer's. */
  _wildHead(head) {
    const result = this._random.chance(50) ? head : this._wild(head);
    const end = result.indexOf('\r\n\r\n');

    return end === -1 ? result : result.slice(0, end + 4);
  }
}

/**
 * @param {Number} seed An unsigned 32-bit integer
 * @return {Case} The case of the seed
 */
function generate(seed) {
  return new Generator(seed).make();
}

module.exports = { generate };
