'use strict';

const assert = require('assert');
const { performance } = require('perf_hooks');

const { scenario } = require('./support/differential');
const { openCompressed, deflate } = require('./support/compressed');
const { OPCODES } = require('./support/frames');
const { verify } = require('./support/verify');

const OPTIONS = { perMessageDeflate: { threshold: 0 } };

const MEGABYTE = 1 << 20;

/** Text that compresses to about a third. */
function text(length, seed) {
  let state = seed;
  let result = '';

  while (result.length < length) {
    state = (state * 1103515245 + 12345) % 2147483648;
    result += `{"id":${state},"state":"${state % 3 ? 'open' : 'shipped'}"},`;
  }

  return result.slice(0, length);
}

const LONG = text(300000, 1);
const LONGER = text(MEGABYTE, 2);

/**
 * Registers a scenario for both directions.
 *
 * @param {String} title The statement it proves
 * @param {Function} run Gets Tools, the sender and the receiver
 */
function inBothDirections(title, run) {
  for (const side of ['server', 'client']) {
    scenario(`${title} (${side} sends)`, async (WebSocket, trace, tools) => {
      const pair = await tools.pair(OPTIONS, OPTIONS);
      const other = side === 'server' ? 'client' : 'server';

      await run(tools, pair[side], pair[other]);
    });
  }
}

inBothDirections(
  'long messages do not change places with what is around them',
  async (tools, sender, receiver) => {
    const events = [];
    const called = [];
    const done = (name) => (err) => called.push(err ? err.message : name);

    receiver.on('message', (data) => events.push(String(data)));
    receiver.on('ping', (data) => events.push(`ping ${data}`));
    receiver.on('close', (code) => events.push(code));

    sender.send('first', done('first'));
    sender.send(LONG, done('long'));
    sender.send('plain', { compress: false }, done('plain'));
    sender.ping('1', undefined, done('ping'));
    sender.send(LONGER, done('longer'));
    sender.send(LONG.slice(0, 50000), { fin: false });
    sender.ping('2');
    sender.send(LONG.slice(50000), { fin: true }, done('fragments'));
    sender.send('last', done('last'));
    sender.close(4000);

    await tools.event(receiver, 'close');

    const order = events.map((event) => String(event).slice(0, 20));

    assert.deepStrictEqual(
      events,
      ['first', LONG, 'plain', 'ping 1', LONGER, 'ping 2', LONG, 'last', 4000],
      order.join('\n')
    );
    assert.deepStrictEqual(called, [
      'first',
      'long',
      'plain',
      'ping',
      'longer',
      'fragments',
      'last'
    ]);
  }
);

inBothDirections(
  'a long message counts as buffered until it is written',
  async (tools, sender, receiver) => {
    const sent = tools.event(receiver, 'message');

    sender.send(LONGER);
    assert.strictEqual(sender.bufferedAmount, LONGER.length);
    await sent;
    assert.strictEqual(sender.bufferedAmount, 0);
  }
);

inBothDirections(
  'a connection may end while a long message is under way',
  async (tools, sender, receiver) => {
    const results = [];
    const closed = tools.event(sender, 'close');

    receiver.on('error', () => {});
    sender.send(LONGER, (err) => results.push(Boolean(err)));
    setImmediate(() => sender.terminate());
    await closed;
    await tools.event(receiver, 'close');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.strictEqual(results.length, 1);
  }
);

for (const side of ['server', 'client']) {
  scenario(
    `a message that cannot be decompressed fails the connection, long or not (${side})`,
    async (WebSocket, trace, tools) => {
      const { ws, peer } = await openCompressed(tools, side);
      const payload = deflate(LONGER);
      const errors = [];

      payload.fill(0xff, payload.length >> 1);
      ws.on('error', (err) => errors.push(err.code));
      peer.write(peer.frame(OPCODES.TEXT, payload, { rsv: 4 }));
      await tools.event(ws, 'close');
      assert.deepStrictEqual(errors, ['Z_DATA_ERROR']);
    }
  );
}

/**
 * The longest time in which nothing else could be done.
 *
 * @param {Promise} end Until when to look
 * @return {Promise<Number>} Milliseconds
 */
async function longestStop(end) {
  let isOver = false;
  let longest = 0;
  let last = performance.now();

  end.then(() => (isOver = true));

  while (!isOver) {
    await new Promise(setImmediate);

    const now = performance.now();

    longest = Math.max(longest, now - last);
    last = now;
  }

  return longest;
}

inBothDirections(
  'the event loop goes on while a long message is compressed and decompressed',
  async (tools, sender, receiver) => {
    const data = Buffer.from(text(4 * MEGABYTE, 3).repeat(4));
    const received = tools.event(receiver, 'message');
    const start = performance.now();

    sender.send(data);

    const stop = await longestStop(received);
    const time = performance.now() - start;

    assert.ok(stop < time / 2, `${stop} of ${time} ms`);
  }
);

verify(__filename);
