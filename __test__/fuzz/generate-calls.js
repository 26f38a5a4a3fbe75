'use strict';

// What the program does with the WebSocket.

const TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob', 'nothing'];
const EVENTS = ['message', 'close', 'error', 'open', 'ping', 'pong'];

/** Makes calls of the methods of a WebSocket. */
class CallGenerator {
  /**
   * @param {Random} random The random numbers
   * @param {Object} settings
   * @param {Boolean} settings.mayLookLater Whether listeners may look at
   *     `bufferedAmount`: how soon something is compressed is not the same
   * @param {Boolean} settings.mayPause Whether `pause()` may be called
   */
  constructor(random, { mayLookLater, mayPause }) {
    this._listeners = 0;
    this._mayLookLater = mayLookLater;
    this._mayPause = mayPause;
    this._random = random;
  }

  /**
   * @return {Object} A step that calls some methods in one tick
   */
  step() {
    return { calls: this.calls() };
  }

  /**
   * @return {Object[]} What a listener calls
   */
  reaction() {
    return this.calls().filter(({ look }) => !look || this._mayLookLater);
  }

  /**
   * @return {Object[]} Calls made one after another
   */
  calls() {
    const { _random: random } = this;
    const length = random.choose([
      [6, () => 1],
      [3, () => random.between(2, 5)]
    ]);

    return Array.from({ length }, () => this.call());
  }

  call() {
    return this._random.choose([
      [40, () => this.send()],
      [10, () => this.control()],
      [6, () => this.close()],
      [1, () => ({ method: 'terminate', args: [] })],
      [this._mayPause ? 6 : 0, () => ({ method: 'pause', args: [] })],
      [8, () => ({ method: 'resume', args: [] })],
      [6, () => ({ set: 'binaryType', value: this._random.pick(TYPES) })],
      [5, () => ({ look: true })],
      [8, () => this.listen()]
    ]);
  }

  data() {
    const { _random: random } = this;
    const hex = random.hex(2 * random.between(0, 4));

    return random.choose([
      [6, () => random.pick(['', 'a', 'h\u00e9', '\u{1f600}', '\ud800'])],
      [3, () => ({ text: 'ab', times: random.pick([63, 600, 2500, 40000]) })],
      [4, () => ({ buffer: hex })],
      [
        2,
        () => ({ buffer: '0102', times: random.pick([63, 600, 2500, 40000]) })
      ],
      [1, () => ({ bytes: hex })],
      [1, () => ({ words: hex })],
      [1, () => ({ view: hex })],
      [1, () => ({ memory: hex })],
      [1, () => ({ shared: hex })],
      [2, () => ({ blob: hex })],
      [1, () => random.pick([0, 1, -0.5, true, false, null])],
      [1, () => [1, 2, 300]],
      [1, () => ({ undefined: true })],
      [1, () => ({ plain: true })],
      [1, () => ({ date: 5 })]
    ]);
  }

  send() {
    const { _random: random } = this;
    const args = [this.data()];

    if (random.chance(45)) {
      const options = {};

      if (random.chance(40)) options.fin = random.chance(50);
      if (random.chance(30)) options.binary = random.chance(50);
      if (random.chance(30)) options.compress = random.chance(50);
      if (random.chance(4)) options.mask = random.chance(50);
      args.push(options);
    }

    return { method: 'send', args, callback: random.chance(60) };
  }

  control() {
    const { _random: random } = this;
    const method = random.pick(['ping', 'pong']);
    const args = [];

    // A pong that begins so is no answer to a ping of the peer.
    if (method === 'pong' || random.chance(70)) {
      args.push(random.pick(['u', 'u\u00e9', { buffer: '7500ff' }]));
      if (random.chance(5)) {
        args[0] = { text: 'u', times: random.between(125, 126) };
      }
      if (random.chance(3)) args[0] = { blob: '7575' };
      if (method === 'ping' && random.chance(20)) args[0] = random.pick([0, 5]);
      if (random.chance(8)) args.push(random.chance(50));
    }

    return { method, args, callback: random.chance(50) };
  }

  close() {
    const { _random: random } = this;
    const args = random.choose([
      [3, () => []],
      [4, () => [random.pick([1000, 1001, 3000, 4999])]],
      [
        2,
        () => [
          random.pick([0, 999, 1004, 1005, 1006, 1015, 2000, 5000, '1000'])
        ]
      ]
    ]);

    if (args.length && random.chance(50)) {
      args.push(
        random.pick([
          '',
          'bye',
          { buffer: '627965' },
          { bytes: 'c3a9' },
          { text: 'x', times: 123 },
          { text: 'x', times: 124 },
          5,
          [1],
          { memory: '6279' }
        ])
      );
    }

    return { method: 'close', args };
  }

  listen() {
    const { _random: random } = this;
    const event = random.pick(EVENTS);

    return random.choose([
      [4, () => ({ listen: 'on', event, id: ++this._listeners })],
      [2, () => ({ listen: 'once', event, id: ++this._listeners })],
      [2, () => ({ listen: 'prependListener', event, id: ++this._listeners })],
      [4, () => ({ listen: 'addEventListener', event, id: ++this._listeners })],
      [
        2,
        () => ({
          listen: 'addEventListener',
          event,
          id: ++this._listeners,
          options: { once: true }
        })
      ],
      [3, () => ({ listen: 'attribute', event, id: ++this._listeners })],
      [3, () => ({ unlisten: 'off', event, id: this.someListener() })],
      [
        3,
        () => ({
          unlisten: 'removeEventListener',
          event,
          id: this.someListener()
        })
      ],
      [1, () => ({ unlisten: 'attribute', event })]
    ]);
  }

  someListener() {
    return this._random.between(1, Math.max(1, this._listeners));
  }
}

module.exports = { CallGenerator };
