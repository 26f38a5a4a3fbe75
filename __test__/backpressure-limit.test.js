'use strict';

const assert = require('assert');

const { onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { verify } = require('./support/verify');

const { BINARY, TEXT } = OPCODES;

const MEBIBYTE = 1 << 20;

const DROPPING = { maxBackpressure: MEBIBYTE, backpressurePolicy: 'drop' };

/** More than the kernel takes from a sender whose peer does not read. */
const STUCK = 16 * MEBIBYTE;

const CODE = 'WS_ERR_MAX_BACKPRESSURE';

/**
 * Fills a connection until something waits.
 *
 * @param {{ws: WebSocket, peer: RawPeer}} ends The connection
 * @return {Promise<Error>} What becomes of it
 */
function fill({ ws, peer }) {
  peer.socket.pause();
  return new Promise((resolve) => ws.send(Buffer.alloc(STUCK), resolve));
}

/**
 * Takes what `fill()` has sent off the bytes received, without a look at it.
 *
 * @param {RawPeer} peer The receiver
 * @return {Promise<Number>} The first byte of the frame
 */
async function takeFilling(peer) {
  const header = peer.masks ? 10 : 14;

  // Joining the bytes is done once: the handshake is counted here as well.
  await peer.until(() => peer.socket.bytesRead >= STUCK + header);
  await peer.until(() => peer.bytes.length >= STUCK + header);

  const [first] = peer.bytes;

  peer.bytes = peer.bytes.subarray(STUCK + header);
  return first;
}

/**
 * Sends, and waits for the callback.
 *
 * @param {WebSocket} ws The sender
 * @param {...*} values What `send()` gets before the callback
 * @return {Promise<Error>} The callback's error
 */
function send(ws, ...values) {
  return new Promise((resolve) => ws.send(...values, resolve));
}

onBothSides(
  'what exceeds maxBackpressure ends the connection by default',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxBackpressure: MEBIBYTE });
    const { ws } = ends;
    const closed = tools.event(ws, 'close');
    const errors = [];

    ws.on('error', (error) => errors.push(error));
    fill(ends);

    const error = await send(ws, 'too much');
    const [code, reason] = await closed;

    assert.strictEqual(error.code, CODE);
    assert.match(error.message, /more than 1048576 bytes/);
    assert.strictEqual(code, 1006);
    assert.match(String(reason), /too slowly/);
    assert.deepStrictEqual(errors, []);
    assert.strictEqual(ws.bufferedAmount < 2 * STUCK, true);
  }
);

onBothSides(
  'what exceeds maxBackpressure is dropped, and later messages arrive',
  async (WebSocket, trace, tools, open) => {
    const ends = await open(DROPPING);
    const { ws, peer } = ends;
    const filled = fill(ends);
    const waiting = ws.bufferedAmount;

    assert.ok(waiting > MEBIBYTE);
    for (const data of ['dropped', Buffer.alloc(10), new Blob(['dropped'])]) {
      assert.strictEqual((await send(ws, data)).code, CODE);
    }

    for (const method of ['ping', 'pong']) {
      const error = await new Promise((resolve) => {
        ws[method]('dropped', undefined, resolve);
      });

      assert.strictEqual(error.code, CODE);
    }

    // Without a callback nobody is told.
    ws.send('dropped');
    assert.strictEqual(ws.bufferedAmount, waiting);

    peer.socket.resume();
    assert.ok(!(await filled));
    assert.ok(!(await send(ws, 'sent again')));
    await takeFilling(peer);
    assert.strictEqual(String((await peer.frames(1))[0].payload), 'sent again');
  }
);

onBothSides(
  'a message is dropped as a whole or not at all',
  async (WebSocket, trace, tools, open) => {
    const ends = await open(DROPPING);
    const { ws, peer } = ends;
    const more = { fin: false };

    assert.ok(!(await send(ws, 'begun, ', more)));

    const [begun] = await peer.frames(1);
    const filled = fill({ ws, peer });

    // `fill()` has ended the message; this one begins too late.
    assert.strictEqual((await send(ws, 'a', more)).code, CODE);
    peer.socket.resume();
    assert.ok(!(await filled));
    assert.strictEqual((await send(ws, 'b', more)).code, CODE);
    assert.strictEqual((await send(ws, 'c')).code, CODE);
    assert.ok(!(await send(ws, 'whole')));

    // FIN and the opcode of a continuation.
    assert.strictEqual(await takeFilling(peer), 0x80);

    const [whole] = await peer.frames(1);

    assert.deepStrictEqual([begun.fin, begun.opcode], [false, TEXT]);
    assert.deepStrictEqual([whole.fin, whole.opcode], [true, TEXT]);
    assert.strictEqual(String(whole.payload), 'whole');
  }
);

onBothSides(
  "'backpressure' and 'drain' tell when to stop and to go on",
  async (WebSocket, trace, tools, open) => {
    const ends = await open({
      maxBackpressure: MEBIBYTE,
      backpressurePolicy: 'event'
    });
    const { ws, peer } = ends;
    const events = [];

    ws.on('backpressure', (bytes) => events.push(['backpressure', bytes]));
    ws.on('drain', () => events.push(['drain', ws.bufferedAmount]));

    const filled = fill(ends);
    const others = [send(ws, 'one'), send(ws, 'two')];

    ws.ping();
    await tools.turns(3);
    assert.strictEqual(events.length, 1);
    assert.ok(events[0][1] > MEBIBYTE);

    peer.socket.resume();
    for (const error of [await filled, ...(await Promise.all(others))]) {
      assert.ok(!error);
    }
    while (events.length < 2) await tools.delay(1);
    assert.strictEqual(events[1][0], 'drain');
    assert.ok(events[1][1] <= MEBIBYTE / 2);
    await takeFilling(peer);
    assert.strictEqual((await peer.frames(3)).length, 3);

    // It can happen again.
    fill(ends);
    ws.send('three');
    await tools.event(ws, 'backpressure');
    peer.socket.resume();
    await tools.event(ws, 'drain');
    assert.strictEqual(events.length, 4);
  }
);

onBothSides(
  'a peer that reads is sent everything',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ maxBackpressure: 1000 });
    const sizes = [5 * MEBIBYTE, 1, 999, 1001, 100000];
    const total = sizes.reduce((sum, size) => sum + size);

    // Longer than the limit, but nothing waits.
    for (const size of sizes) {
      assert.ok(!(await send(ws, Buffer.alloc(size))));
    }

    await peer.until(() => peer.socket.bytesRead > total);
    assert.deepStrictEqual(
      (await peer.frames(sizes.length)).map(({ payload }) => payload.length),
      sizes
    );

    // The kernel takes what one tick has sent.
    for (let i = 0; i < 100; i++) ws.send(Buffer.alloc(100));
    assert.strictEqual((await peer.frames(100)).length, 100);
    assert.strictEqual(ws.readyState, WebSocket.OPEN);
  }
);

scenario(
  'one slow reader of a broadcast is dropped, the others get all of it',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ maxBackpressure: MEBIBYTE });
    const slow = await tools.dialWebSocket(port);

    slow.socket.pause();

    const [first] = wss.clients;
    const gone = tools.event(first, 'close');
    const quick = await tools.dialWebSocket(port);
    const size = 100000;
    let sent = 0;

    while (wss.clients.size > 1 || sent < 50) {
      for (const ws of wss.clients) ws.send(Buffer.alloc(size));
      sent++;
      await quick.until(() => quick.socket.bytesRead >= sent * size);
    }

    assert.strictEqual((await gone)[0], 1006);

    const frames = await quick.frames(sent);

    assert.ok(frames.every(({ opcode }) => opcode === BINARY));
  }
);

for (const [options, type, message] of [
  [{ maxBackpressure: '1' }, TypeError, /maxBackpressure.*'1'/],
  [{ maxBackpressure: -1 }, RangeError, /maxBackpressure.*-1/],
  [{ maxBackpressure: NaN }, RangeError, /maxBackpressure.*NaN/],
  [{ maxBackpressure: Infinity }, RangeError, /maxBackpressure.*Infinity/],
  [{ backpressurePolicy: 'wait' }, TypeError, /"close", "drop".*'wait'/],
  [{ backpressurePolicy: null }, TypeError, /"event".*null/]
]) {
  const [[name, value]] = Object.entries(options);

  scenario(`${name} refuses ${value}`, async (WebSocket) => {
    assert.throws(
      () => new WebSocket.Server({ ...options, noServer: true }),
      (error) => error.constructor === type && message.test(error.message)
    );
    assert.throws(
      () => new WebSocket('ws://127.0.0.1:1', options),
      (error) => error.constructor === type && message.test(error.message)
    );
  });
}

verify(__filename);
