'use strict';

// What the peer writes: valid messages and control frames for the most part,
// and everything that can be wrong with a frame.

const { MASKING_KEY, OPCODES } = require('../support/frames');

const TEXTS = [
  '',
  'a',
  'hello',
  'h\u00e9llo',
  '\u20ac 5',
  '\u{1f600} ok',
  '\0'
];

/** Lengths around the limits of RFC 6455, section 5.2. */
const LENGTHS = [1, 2, 3, 124, 125, 126, 127, 300, 1023, 1024, 5000];

/** More than is read at once; how much that is, is not the same. */
const LARGE_LENGTHS = [65535, 65536, 200000];

/** Malformed in every way of RFC 3629, sections 3 and 4. */
const INVALID_UTF8 = [
  'ff',
  'c0af',
  'c1bf',
  'e0809f',
  'eda080',
  'edbfbf',
  'f08282ac',
  'f4908080',
  'f5808080',
  '80',
  'c3',
  'e282',
  'f09f98',
  'c328',
  'e228a1',
  'f0288cbc'
];

const CLOSE_CODES = [
  0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010,
  1011, 1012, 1013, 1014, 1015, 1016, 2000, 2999, 3000, 3999, 4000, 4999, 5000,
  65535
];

/** Declared, never sent; all but the first two are more than 2^53 - 1. */
const HUGE = [
  '70000',
  '9007199254740991',
  '9007199254740992',
  '9223372036854775807',
  '18446744073709551615'
];

/** Deflate streams that end: an empty final block, and 'hi' in one. */
const ENDED = ['0300', 'cbc8040000', '010000ffff'];

/** Makes what a peer writes. */
class InputGenerator {
  /**
   * @param {Random} random The random numbers
   * @param {Object} settings
   * @param {Boolean} settings.mayBeCompressed Whether that was negotiated
   * @param {Boolean} settings.mayBeLarge Whether a message may take several reads
   */
  constructor(random, { mayBeCompressed, mayBeLarge }) {
    this._mayBeCompressed = mayBeCompressed;
    this._mayBeLarge = mayBeLarge;
    this._random = random;
  }

  /**
   * @return {Object} A step that writes
   */
  step() {
    const { _random: random } = this;
    const write = Array.from(
      {
        length: random.choose([
          [5, () => 1],
          [3, () => random.between(2, 6)]
        ])
      },
      () => this.item()
    );
    const cuts = random.chance(40) ? random.cuts(random.between(1, 3), 40) : [];

    return cuts.length ? { write, cuts } : { write };
  }

  /**
   * @return {Object} A message, frame or piece of garbage
   */
  item() {
    return this._random.choose([
      [45, () => this.message()],
      [15, () => this.control()],
      [6, () => this.close()],
      [6, () => this.invalidText()],
      [8, () => this.oddFrame()],
      [3, () => this.wrongFrame()],
      [1, () => ({ bytes: this._random.hex(this._random.between(1, 12)) })],
      [this._mayBeCompressed ? 6 : 0, () => this.damaged()]
    ]);
  }

  payload() {
    const { _random: random } = this;

    return random.choose([
      [5, () => random.pick(TEXTS)],
      [3, () => ({ hex: '61c3a9', times: random.between(1, 40) })],
      [2, () => ({ hex: '78', times: random.pick(LENGTHS) })],
      [1, () => ({ hex: random.hex(random.between(1, 20)), times: 7 })],
      [this._mayBeLarge ? 1 : 0, () => this.large()]
    ]);
  }

  large() {
    return { hex: '78', times: this._random.pick(LARGE_LENGTHS) };
  }

  message() {
    const { _random: random } = this;
    const data = this.payload();
    const isText =
      random.chance(50) &&
      (typeof data === 'string' || ['61c3a9', '78'].includes(data.hex));
    const item = { message: isText ? 'text' : 'binary', data };

    if (this._mayBeCompressed && random.chance(60)) item.compress = true;

    if (random.chance(30)) {
      item.splits = random.cuts(random.between(1, 4), 12);
      if (random.chance(20)) item.emptyFragment = true;
      if (random.chance(40)) item.between = this.control();
    }

    if (random.chance(10)) item.key = random.pick(['00000000', 'ffffffff']);
    return item;
  }

  control() {
    const { _random: random } = this;

    return {
      opcode: random.chance(75) ? OPCODES.PING : OPCODES.PONG,
      payload: random.choose([
        [3, () => ''],
        [4, () => random.pick(['a', 'bc', 'd\u00e9'])],
        [1, () => ({ hex: '78', times: 125 })]
      ])
    };
  }

  close() {
    const { _random: random } = this;
    const { CLOSE } = OPCODES;
    const code = random.chance(70)
      ? random.pick([1000, 1001, 3000, 4999])
      : random.pick(CLOSE_CODES);
    const status = code.toString(16).padStart(4, '0');
    const reason = random.choose([
      [5, () => ''],
      [3, () => '627965'],
      [1, () => 'c3a9'],
      [1, () => random.pick(INVALID_UTF8)]
    ]);

    return random.choose([
      [2, () => ({ opcode: CLOSE, payload: '' })],
      [6, () => ({ opcode: CLOSE, payload: { hex: status + reason } })],
      [1, () => ({ opcode: CLOSE, payload: { hex: '03' } })]
    ]);
  }

  invalidText() {
    const { _random: random } = this;
    const before = random.pick(['', '61', 'c3a9', 'f09f9880']);
    const after = random.pick(['', '62', 'e282ac']);
    const item = {
      message: 'text',
      data: { hex: before + random.pick(INVALID_UTF8) + after }
    };

    if (random.chance(35)) item.splits = random.cuts(2, 6);
    if (item.splits && random.chance(30)) item.between = this.control();
    if (this._mayBeCompressed && random.chance(50)) item.compress = true;
    return item;
  }

  /** Unusual, yet right in the right place. */
  oddFrame() {
    const { _random: random } = this;
    const payload = random.pick(['', 'odd', { hex: 'c3' }, { hex: 'a9' }]);

    return random.choose([
      [3, () => ({ opcode: OPCODES.TEXT, payload, bits: 16 })],
      [3, () => ({ opcode: OPCODES.BINARY, payload, bits: 64 })],
      [3, () => ({ opcode: OPCODES.CONTINUATION, payload })],
      [2, () => ({ opcode: OPCODES.CONTINUATION, payload, fin: false })],
      [2, () => ({ opcode: OPCODES.TEXT, payload, fin: false })],
      [2, () => ({ opcode: OPCODES.BINARY, payload, fin: false })],
      [
        2,
        () => ({
          opcode: OPCODES.PING,
          payload,
          key: MASKING_KEY.toString('hex')
        })
      ]
    ]);
  }

  wrongFrame() {
    const { _random: random } = this;
    const payload = random.pick(['', 'wrong']);
    const opcode = random.pick([0, 1, 2, 8, 9, 10]);

    return random.choose([
      [2, () => ({ opcode, payload, rsv: random.between(1, 7) })],
      [2, () => ({ opcode: random.pick([3, 5, 7, 11, 15]), payload })],
      [2, () => ({ opcode: random.between(8, 10), payload, fin: false })],
      [2, () => ({ opcode, payload, wrongMask: true })],
      [
        1,
        () => ({
          opcode: random.between(8, 10),
          payload: { hex: '78', times: 126 }
        })
      ],
      [1, () => ({ opcode: random.between(8, 10), payload, bits: 64 })],
      [
        1,
        () => ({
          opcode: random.between(1, 2),
          payload,
          length: random.pick(HUGE),
          bits: 64
        })
      ]
    ]);
  }

  /** A frame that says it is compressed. */
  damaged() {
    const { _random: random } = this;
    const payload = random.choose([
      [3, () => ({ hex: random.hex(random.between(1, 10)) })],
      [2, () => ({ hex: random.pick(ENDED) })],
      [1, () => '']
    ]);
    const fin = random.chance(80);

    return {
      opcode: random.between(1, 2),
      payload,
      rsv: 4,
      fin,
      damaged: true
    };
  }
}

module.exports = { ENDED, InputGenerator };
