'use strict';

const assert = require('assert');
const zlib = require('zlib');

const { bomb, deflate, openCompressed } = require('./support/compressed');
const { scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const rejects = require('./support/rejects');
const { verify } = require('./support/verify');

const { BINARY, CLOSE, CONTINUATION, TEXT } = OPCODES;

const MEGABYTE = 1 << 20;

/**
 * Registers a scenario for a compressing WebSocket of each side.
 *
 * @param {String} title The statement it proves
 * @param {Function} run Gets Tools and `open()`, which opens a connection
 */
function onBothSides(title, run) {
  for (const side of ['server', 'client']) {
    scenario(`${title} (${side})`, (WebSocket, trace, tools) =>
      run(tools, (...values) => openCompressed(tools, side, ...values))
    );
  }
}

const TOO_LARGE = { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', status: 1009 };

for (const takeover of ['', '; server_no_context_takeover']) {
  onBothSides(
    `D1.9: a small frame that becomes a gigabyte${takeover}`,
    async (tools, open) => {
      const ends = await open({ maxPayload: MEGABYTE }, takeover);
      const frame = ends.peer.frame(BINARY, bomb(1024), { rsv: 4 });
      const before = process.cpuUsage();

      await rejects(tools, ends, TOO_LARGE, frame);

      // What is behind the limit is not even looked at.
      const { user } = process.cpuUsage(before);

      assert.ok(user < 500000, `${user} µs`);
    }
  );
}

onBothSides(
  'D1.8, D1.9: fragments that exceed the limit together when decompressed',
  async (tools, open) => {
    const ends = await open({ maxPayload: MEGABYTE });
    const { peer } = ends;
    const payload = deflate(Buffer.alloc(MEGABYTE + 1));
    const middle = payload.length >> 1;

    await rejects(
      tools,
      ends,
      TOO_LARGE,
      peer.frame(BINARY, payload.subarray(0, middle), { fin: false, rsv: 4 }),
      peer.frame(CONTINUATION, payload.subarray(middle))
    );
  }
);

for (const parameters of ['', '; client_no_context_takeover']) {
  scenario(
    `D1.9: a thousand small messages that become large${parameters}`,
    async (WebSocket, trace, tools) => {
      const { ws, peer } = await openCompressed(
        tools,
        'server',
        { maxPayload: MEGABYTE },
        parameters
      );
      const payload = deflate(Buffer.alloc(MEGABYTE), { level: 9 });
      const frame = peer.frame(BINARY, payload, { rsv: 4 });
      const before = process.cpuUsage();
      const { rss } = process.memoryUsage();
      let received = 0;

      ws.on('message', (data) => (received += data.length));
      peer.write(...Array.from({ length: 1000 }, () => frame));
      peer.write(peer.closeFrame(1000));
      await tools.event(ws, 'close');

      const { user } = process.cpuUsage(before);
      const growth = process.memoryUsage().rss - rss;

      // Every message is within the limit. They take their time, but no more
      // memory than what waits to be collected.
      assert.strictEqual(received, 1000 * MEGABYTE);
      assert.ok(user < 10e6, `${user} µs`);
      assert.ok(growth < 500 * MEGABYTE, `${growth} bytes`);
    }
  );
}

onBothSides(
  'D1.9: a message of exactly the limit, one byte more',
  async (tools, open) => {
    const ends = await open({ maxPayload: MEGABYTE });
    const messages = await rejects(
      tools,
      ends,
      TOO_LARGE,
      ends.peer.frame(BINARY, deflate(Buffer.alloc(MEGABYTE)), { rsv: 4 }),
      ends.peer.frame(BINARY, deflate(Buffer.alloc(MEGABYTE + 1)), { rsv: 4 })
    );

    assert.strictEqual(messages.length, 1);
    assert.strictEqual(messages[0].length, MEGABYTE);
  }
);

onBothSides('D1.11: an empty compressed frame', async (tools, open) => {
  const { ws, peer } = await open();
  const messages = [];

  ws.on('message', (data, isBinary) => messages.push([String(data), isBinary]));
  peer.write(
    peer.frame(TEXT, '', { rsv: 4 }),
    peer.frame(BINARY, Buffer.from([0]), { rsv: 4 }),
    peer.frame(TEXT, deflate('after'), { rsv: 4 }),
    peer.closeFrame(1000)
  );
  await tools.event(ws, 'close');
  assert.deepStrictEqual(messages, [
    ['', false],
    ['', true],
    ['after', false]
  ]);
});

const AFTER = deflate('after');

/** Payloads that no deflate stream begins with. */
const INVALID = {
  'bytes that are no deflate stream': Buffer.from('ffffffffffff', 'hex'),
  'a block of the reserved type': Buffer.from([0b110]),
  'a stored block with a wrong length': Buffer.from('000500000061', 'hex'),
  'a distance beyond what was sent': farReference()
};

/** "abc", and then three bytes from where there is nothing. */
function farReference() {
  const data = zlib.deflateRawSync('abcabcabcabc', {
    dictionary: Buffer.from('abcabcabcabc'),
    finishFlush: zlib.constants.Z_SYNC_FLUSH
  });

  return data.subarray(0, data.length - 4);
}

for (const [name, payload] of Object.entries(INVALID)) {
  onBothSides(`D1.11: ${name}`, async (tools, open) => {
    const ends = await open();
    const messages = await rejects(
      tools,
      ends,
      { code: 'Z_DATA_ERROR', status: 1007 },
      ends.peer.frame(BINARY, payload, { rsv: 4 }),
      ends.peer.frame(TEXT, AFTER, { rsv: 4 })
    );

    assert.deepStrictEqual(messages, []);
  });
}

onBothSides('D1.11: a deflate stream that is cut off', async (tools, open) => {
  const data = 'A sentence that is long enough to be compressed, long enough.';
  const whole = deflate(data);

  for (let length = 1; length < whole.length; length += 5) {
    const { ws, peer } = await open();
    const messages = [];
    const errors = [];

    ws.on('message', (message) => messages.push(String(message)));
    ws.on('error', (error) => errors.push(error.code));
    peer.write(
      peer.frame(TEXT, whole.subarray(0, length), { rsv: 4 }),
      peer.closeFrame(1000)
    );

    const [code] = await tools.event(ws, 'close');

    // Where the cut happens to make a stream, its data is all there may be.
    if (code === 1000) assert.ok(data.startsWith(messages[0]));
    else assert.deepStrictEqual(errors, ['Z_DATA_ERROR']);
  }
});

onBothSides(
  'D1.11: a message that ends the deflate stream, and one after it',
  async (tools, open) => {
    const { ws, peer } = await open();
    const messages = [];

    ws.on('message', (data) => messages.push(String(data)));
    for (let i = 0; i < 3; i++) {
      peer.write(
        peer.frame(TEXT, zlib.deflateRawSync(`final ${i}`), { rsv: 4 }),
        peer.frame(TEXT, deflate(`not final ${i}`), { rsv: 4 })
      );
    }
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
    assert.deepStrictEqual(messages, [
      'final 0',
      'not final 0',
      'final 1',
      'not final 1',
      'final 2',
      'not final 2'
    ]);
  }
);

onBothSides(
  'D1.11: a compressed frame in a message that is not',
  async (tools, open) => {
    const ends = await open();

    await rejects(
      tools,
      ends,
      { code: 'WS_ERR_UNEXPECTED_RSV_1', status: 1002 },
      ends.peer.frame(TEXT, 'a', { fin: false }),
      ends.peer.frame(CONTINUATION, AFTER, { rsv: 4 })
    );
  }
);

onBothSides('D1.11: a compressed control frame', async (tools, open) => {
  for (const opcode of [CLOSE, OPCODES.PING, OPCODES.PONG]) {
    const ends = await open();

    await rejects(
      tools,
      ends,
      { code: 'WS_ERR_UNEXPECTED_RSV_1', status: 1002 },
      ends.peer.frame(opcode, AFTER, { rsv: 4 })
    );
  }
});

verify(__filename);
