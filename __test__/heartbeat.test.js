'use strict';

const assert = require('assert');
const { once } = require('events');
const path = require('path');
const { describe, it } = require('node:test');
const { Worker } = require('worker_threads');

const WebSocket = require('..');
const { OPCODES, encodeFrame } = require('./support/frames');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const { CLOSE, PING, PONG, TEXT } = OPCODES;

/** Milliseconds; long enough for a loaded machine to keep them apart. */
const INTERVAL = 50;
const TIMEOUT = 1500;

const transport = process.env.OXWS_TRANSPORT || 'lane';

// Most of the time nothing happens: the tests wait side by side.
const parallel = { concurrency: true, timeout: 60000 };

/**
 * Registers a test that has tools of its own.
 *
 * @param {String} title The title
 * @param {Function} run Gets the tools
 */
function test(title, run) {
  it(title, async () => {
    const tools = new Tools(WebSocket, new Trace());

    try {
      await run(tools);
    } finally {
      await tools.cleanUp();
    }
  });
}

describe(`heartbeat (${transport})`, parallel, () => {
  for (const side of ['server', 'client']) {
    describe(`of a ${side}`, parallel, () => {
      const open = (tools, heartbeat) =>
        tools.open(side, { closeTimeout: 1000, heartbeat });

      test('is off by default', async (tools) => {
        const { ws, peer } = await tools.open(side);

        await tools.delay(4 * INTERVAL);
        assert.strictEqual(peer.bytes.length, 0);
        assert.strictEqual(ws.readyState, WebSocket.OPEN);
      });

      test('sends empty pings to an idle peer', async (tools) => {
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: TIMEOUT
        });

        for (let i = 0; i < 3; i++) {
          const [frame] = await peer.frames(1);

          assert.strictEqual(frame.opcode, PING);
          assert.strictEqual(frame.payload.length, 0);
          assert.strictEqual(frame.masked, side === 'client');
          assert.strictEqual(frame.fin, true);
          peer.send(PONG, frame.payload);
        }

        assert.strictEqual(ws.readyState, WebSocket.OPEN);
      });

      test('waits for an interval of silence', async (tools) => {
        const { peer } = await open(tools, {
          interval: TIMEOUT,
          timeout: TIMEOUT
        });
        const start = Date.now();

        // Words are life: they put the ping off.
        while (Date.now() - start < 1.5 * TIMEOUT) {
          peer.send(TEXT, 'still here');
          await tools.delay(INTERVAL);
        }

        assert.strictEqual(peer.bytes.length, 0);
      });

      test('keeps a peer that answers', async (tools) => {
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: TIMEOUT
        });
        const end = Date.now() + 1.5 * TIMEOUT;

        while (Date.now() < end) {
          await peer.frames(1);
          peer.send(PONG);
        }

        assert.strictEqual(ws.readyState, WebSocket.OPEN);
      });

      test('keeps a peer that answers with anything', async (tools) => {
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: TIMEOUT
        });
        const end = Date.now() + 1.5 * TIMEOUT;

        while (Date.now() < end) {
          await peer.frames(1);

          // Not even a whole frame.
          peer.write(peer.frame(TEXT, 'x'.repeat(100)).subarray(0, 1));
          peer.write(peer.frame(TEXT, 'x'.repeat(100)).subarray(1));
        }

        assert.strictEqual(ws.readyState, WebSocket.OPEN);
      });

      test('closes a dead peer with 1006 and says why', async (tools) => {
        const start = Date.now();
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: 100
        });

        peer.socket.pause();

        const [code, reason] = await tools.event(ws, 'close');

        assert.strictEqual(code, 1006);
        assert.match(String(reason), /heartbeat/i);
        assert.ok(Date.now() - start >= 140, 'too early');
        assert.strictEqual(ws.readyState, WebSocket.CLOSED);
      });

      test("emits no 'error' and no 'ping' or 'pong' of its own", async (tools) => {
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: 100
        });
        const events = [];

        for (const event of ['error', 'ping', 'pong', 'message', 'close']) {
          ws.on(event, () => events.push(event));
        }

        peer.socket.pause();
        await tools.event(ws, 'close');
        assert.deepStrictEqual(events, ['close']);
      });

      test('stops with the connection', async (tools) => {
        const { ws, peer } = await open(tools, {
          interval: INTERVAL,
          timeout: TIMEOUT
        });
        let frame;

        ws.close(1000);
        do [frame] = await peer.frames(1);
        while (frame.opcode === PING);
        assert.strictEqual(frame.opcode, CLOSE);
        await tools.delay(2 * INTERVAL);
        peer.write(peer.closeFrame(1000));

        const [code] = await tools.event(ws, 'close');

        assert.strictEqual(code, 1000);
        assert.deepStrictEqual(await peer.rest(), ['end']);
      });

      test('takes the interval as timeout if none is given', async (tools) => {
        const { ws, peer } = await open(tools, { interval: INTERVAL });

        peer.socket.pause();

        const [code] = await tools.event(ws, 'close');

        assert.strictEqual(code, 1006);
      });

      test('looks after many connections', async (tools) => {
        const connections = [];
        const closed = [];

        // Each peer has its role from the start: the first ones may be asked for
        // life before the last ones are there.
        for (let i = 0; i < 20; i++) {
          const connection = await open(tools, {
            interval: INTERVAL,
            timeout: TIMEOUT
          });
          const { peer, ws } = connection;

          connections.push(connection);

          if (i % 2) {
            peer.socket.pause();
            closed.push(tools.event(ws, 'close'));
          } else {
            // The first ping may have come before anybody listens.
            peer.send(PONG);
            peer.socket.on('data', () => peer.send(PONG));
          }
        }

        await Promise.all(closed);

        connections.forEach(({ ws }, i) => {
          assert.strictEqual(
            ws.readyState,
            i % 2 ? WebSocket.CLOSED : WebSocket.OPEN
          );
        });
      });
    });
  }

  test('between two of our own ends keeps the connection', async (tools) => {
    const heartbeat = { interval: INTERVAL, timeout: TIMEOUT };
    const { client, server } = await tools.pair({ heartbeat }, { heartbeat });

    await tools.delay(1.5 * TIMEOUT);
    assert.strictEqual(client.readyState, WebSocket.OPEN);
    assert.strictEqual(server.readyState, WebSocket.OPEN);
  });

  test('a pause is not the silence of the peer', async (tools) => {
    // More than is read ahead: what the peer answers cannot be heard.
    const frame = encodeFrame({
      opcode: TEXT,
      payload: Buffer.alloc(8 * 1024 * 1024, 'x'),
      masked: true
    });
    const { ws, peer } = await tools.openServer({
      heartbeat: { interval: INTERVAL, timeout: 200 }
    });

    ws.pause();
    peer.write(frame);
    peer.socket.on('data', () => peer.send(PONG));
    await tools.delay(1000);
    assert.strictEqual(ws.readyState, WebSocket.OPEN);
    ws.resume();
    await tools.event(ws, 'message');
    await tools.delay(4 * INTERVAL);
    assert.strictEqual(ws.readyState, WebSocket.OPEN);
  });

  for (const [heartbeat, type] of [
    [true, TypeError],
    ['fast', TypeError],
    [1000, TypeError],
    [{}, TypeError],
    [{ interval: '1000' }, TypeError],
    [{ interval: 0 }, RangeError],
    [{ interval: -1 }, RangeError],
    [{ interval: Infinity }, RangeError],
    [{ interval: NaN }, RangeError],
    [{ interval: 1000, timeout: 0 }, RangeError],
    [{ interval: 1000, timeout: 'x' }, TypeError]
  ]) {
    it(`refuses ${JSON.stringify(heartbeat)}`, () => {
      assert.throws(
        () => new WebSocket.Server({ heartbeat, noServer: true }),
        type
      );
      assert.throws(
        () => new WebSocket('ws://127.0.0.1:1', { heartbeat }),
        type
      );
    });
  }

  for (const heartbeat of [undefined, null, false]) {
    it(`is off if it is ${heartbeat}`, () => {
      new WebSocket.Server({ heartbeat, noServer: true });
    });
  }
});

// Not side by side with others, which it would keep from their work.
describe(
  `heartbeat of busy JavaScript (${transport})`,
  { timeout: 60000 },
  () => {
    test('is not the silence of the peer', async (tools) => {
      const { wss, port } = await tools.serve({
        heartbeat: { interval: INTERVAL, timeout: 300 }
      });
      const state = new Int32Array(new SharedArrayBuffer(4));
      const worker = new Worker(
        path.join(__dirname, 'support', 'answering-peer.js'),
        { workerData: { delay: 20, port, state } }
      );

      tools.atEnd(() => worker.terminate());

      const [ws] = await once(wss, 'connection');

      tools.own(ws);

      for (let round = 0; round < 3; round++) {
        const pings = Atomics.load(state, 0);

        // The answer arrives while nobody can read it.
        while (Atomics.load(state, 0) === pings) await tools.turns(1);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800);
        await tools.delay(INTERVAL);
        assert.strictEqual(ws.readyState, WebSocket.OPEN);
      }
    });
  }
);
