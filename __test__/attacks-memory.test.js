'use strict';

const assert = require('assert');
const { afterEach, beforeEach, describe, it } = require('node:test');

const WebSocket = require('..');
const { bomb, deflate } = require('./support/compressed');
const { OPCODES } = require('./support/frames');
const { tested } = require('./support/implementations');
const { requestHead } = require('./support/raw-handshake');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');
const { Victim, assertGrowth } = require('./support/victims');

const { BINARY, CONTINUATION, PING, PONG, TEXT } = OPCODES;

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** What the memory of a process varies by without any reason. */
const NOISE = 24 * MEGABYTE;

/** Milliseconds that V8 may take to free what nobody has any more. */
const PATIENCE = 5000;

const COMPRESSED = {
  headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
};

for (const implementation of tested) {
  describe(`attacks on memory, ${implementation.name}`, () => {
    let tools;

    beforeEach(() => {
      tools = new Tools(WebSocket, new Trace());
    });

    afterEach(() => tools.cleanUp());

    /**
     * Starts a victim and connects to it.
     *
     * @param {Number} count How many connections
     * @param {Object} [settings] See support/victim.js
     * @param {Object} [request] Options of `dialWebSocket()`
     * @return {Promise<Object>} The victim, the peers and a report
     */
    async function open(count, settings = {}, request = {}) {
      const victim = new Victim(implementation, settings);

      tools.atEnd(() => victim.stop());
      await victim.start();

      const peers = await connect(victim, count, request);
      const before = await victim.until((report) => report.open === count);

      return { victim, peers, before };
    }

    async function connect(victim, count, request) {
      const peers = [];

      for (let i = 0; i < count; i++) {
        peers.push(await tools.dialWebSocket(victim.port, request));
      }

      return peers;
    }

    it('D1.2: announced bytes take no memory', async () => {
      const count = 500;
      const { victim, peers, before } = await open(count);

      for (const peer of peers) {
        peer.write(
          peer.frame(TEXT, 'before'),
          peer.frame(BINARY, Buffer.alloc(KILOBYTE), { length: 100 * MEGABYTE })
        );
      }

      const after = await victim.until((report) => report.message === count);

      assertGrowth('RSS', before.rss, after.rss, count * 6 * KILOBYTE + NOISE);
      assertGrowth(
        'Reserved memory',
        before.reserved,
        after.reserved,
        count * MEGABYTE
      );
    });

    it('D1.7: fragments take no more memory than their bytes', async () => {
      const count = 200;
      const fragments = 16000;
      const { victim, peers, before } = await open(count);
      const fragment = peers[0].frame(CONTINUATION, 'a', { fin: false });
      const bytes = Buffer.concat([
        peers[0].frame(BINARY, 'a', { fin: false }),
        Buffer.alloc(fragments * fragment.length, fragment),
        peers[0].frame(PING, '')
      ]);

      for (const peer of peers) peer.socket.write(bytes);

      const after = await victim.until((report) => report.ping === count);

      // Where each of them ends has to be known, too.
      assertGrowth(
        'RSS',
        before.rss,
        after.rss,
        2 * count * fragments * 5 + NOISE
      );
    });

    it('D1.8: messages take at most twice the limit', async () => {
      const count = 32;
      const waves = 4;
      const limit = MEGABYTE;
      const { victim, before, ...first } = await open(count, {
        options: { maxPayload: limit }
      });
      let { peers } = first;

      for (let wave = 1; wave <= waves; wave++) {
        for (const peer of peers) {
          for (let i = 0; i < 8; i++) {
            const payload = Buffer.alloc(limit / 8, 'a');

            peer.send(i ? CONTINUATION : TEXT, payload, { fin: false });
          }
          peer.send(PING, '');
        }

        const after = await victim.until(
          (report) => report.ping === wave * count
        );

        assertGrowth('RSS', before.rss, after.rss, 2 * count * limit + NOISE);
        for (const peer of peers) peer.reset();
        await victim.until((report) => report.close === wave * count);
        if (wave < waves) peers = await connect(victim, count);
      }

      const closed = await victim.ask('report');

      assertGrowth('RSS after the end', before.rss, closed.rss, 2 * NOISE);
    });

    it('D1.9: decompression stops at the limit', async () => {
      const count = 16;
      const { victim, peers, before } = await open(
        count,
        { options: { maxPayload: MEGABYTE, perMessageDeflate: true } },
        COMPRESSED
      );
      const frame = peers[0].frame(BINARY, bomb(1024), { rsv: 4 });

      for (const peer of peers) peer.socket.write(frame);

      const after = await victim.until((report) => report.close === count);

      assert.deepStrictEqual(after.codes, {
        WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: count
      });
      assertGrowth(
        'Peak',
        before.peak,
        after.peak,
        2 * count * MEGABYTE + NOISE
      );
    });

    it('D1.9: many small frames that become large messages', async () => {
      const count = 600;
      const { victim, peers, before } = await open(
        1,
        { options: { maxPayload: MEGABYTE, perMessageDeflate: true } },
        COMPRESSED
      );
      const frame = peers[0].frame(BINARY, deflate(Buffer.alloc(MEGABYTE)), {
        rsv: 4
      });

      peers[0].socket.write(Buffer.alloc(count * frame.length, frame));

      const after = await victim.until((report) => report.message === count);

      assertGrowth('Peak', before.peak, after.peak, 200 * MEGABYTE + NOISE);
    });

    it('D2: a peer that does not read what it is sent', async () => {
      const messages = 64;
      const victim = new Victim(implementation, {
        task: 'send',
        messages,
        length: MEGABYTE
      });

      tools.atEnd(() => victim.stop());
      await victim.start();

      const before = await victim.ask('report');
      const peer = await tools.dial(victim.port);

      peer.socket.pause();
      peer.write(Buffer.from(requestHead()));

      const after = await victim.until((report) => report.open === 1);
      const [buffered] = after.buffered;

      assert.ok(buffered > 48 * MEGABYTE, `${buffered} bytes are buffered`);
      assertGrowth('RSS', before.rss, after.rss, messages * MEGABYTE + NOISE);
      await victim.ask('terminate');

      await victim.until((report) => report.close === 1);

      // V8 frees Buffers on a thread of its own.
      const { rss } = await victim.until(
        (report) => report.rss - before.rss <= NOISE,
        PATIENCE
      );

      assertGrowth('RSS after the end', before.rss, rss, NOISE);
    });

    it('D2: a flood of pings from a peer that reads no pongs', async () => {
      const { victim, peers, before } = await open(1);
      const frame = peers[0].frame(PING, Buffer.alloc(125));

      peers[0].socket.pause();
      peers[0].socket.write(Buffer.alloc(400000 * frame.length, frame));

      const after = await victim.until((report) => report.close === 1);

      assertGrowth('RSS', before.rss, after.rss, NOISE);
    });

    for (const [name, opcode, event] of [
      ['pings', PING, 'close'],
      ['pongs', PONG, 'pong'],
      ['empty messages', TEXT, 'message']
    ]) {
      it(`D2: a flood of ${name} leaves others their turn`, async () => {
        const count = 500000;
        const { victim, peers, before } = await open(2, { task: 'echo' });
        const [flooding, other] = peers;
        const frame = flooding.frame(opcode, '');
        const answers = [];
        let over = false;

        // Who pings faster than pongs can be written is disconnected.
        const enough = event === 'close' ? 1 : count;
        const flood = victim
          .until((report) => report[event] >= enough)
          .finally(() => {
            over = true;
          });

        flooding.socket.write(Buffer.alloc(count * frame.length, frame));

        while (!over) {
          const start = Date.now();

          other.send(BINARY, 'x');
          await other.frames(1);
          answers.push(Date.now() - start);
        }

        const after = await flood;

        assert.ok(Math.max(...answers) < 1000, `${Math.max(...answers)} ms`);
        assertGrowth('RSS', before.rss, after.rss, 2 * NOISE);
      });
    }

    it('D2: a message that is kept keeps little else', async () => {
      const count = 100000;
      const length = 300;
      const keepOneOf = 200;
      const { victim, peers, before } = await open(1, {
        task: 'keep',
        keepOneOf
      });
      const frame = peers[0].frame(BINARY, Buffer.alloc(length, 1));

      peers[0].socket.write(Buffer.alloc(count * frame.length, frame));

      const after = await victim.until((report) => report.message === count);

      assert.strictEqual(after.kept, count / keepOneOf);
      assertGrowth(
        'RSS',
        before.rss,
        after.rss,
        after.kept * 64 * KILOBYTE + NOISE
      );
    });
  });
}
