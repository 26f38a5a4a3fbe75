'use strict';

const assert = require('assert');

const { onBothSides, scenario } = require('./support/differential');
const { OPCODES, closePayload, encodeFrame } = require('./support/frames');
const rejects = require('./support/rejects');
const { verify } = require('./support/verify');

const { BINARY, CONTINUATION, PING, PONG, TEXT } = OPCODES;

/** So far apart that segments are read one by one, in milliseconds. */
const SEGMENT_DISTANCE = 5;

/** Makes data of every kind of which memory must not be shown by accident. */
const VIEWS = {
  ...Object.fromEntries(
    [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      DataView
    ].map((View) => [
      `a part of a ${View.name}`,
      () => new View(filled(ArrayBuffer), 8, 8 / (View.BYTES_PER_ELEMENT || 1))
    ])
  ),
  'an ArrayBuffer': () => filled(ArrayBuffer),
  'a SharedArrayBuffer': () => filled(SharedArrayBuffer),
  'a view of a SharedArrayBuffer': () =>
    new Uint16Array(filled(SharedArrayBuffer), 2, 3),
  'a Buffer out of the pool': () => Buffer.from('pooled'),
  'an array': () => [1, 2, 300],
  'a number': () => 100,
  'a large number': () => 1e21,
  'a boxed number': () => Object(100),
  'an object with a length': () => ({ length: 100 }),
  'a view whose memory is gone': () => {
    const view = new Uint8Array(100);

    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  'memory that is gone': () => {
    const memory = new ArrayBuffer(100);

    structuredClone(memory, { transfer: [memory] });
    return memory;
  }
};

function filled(Memory) {
  const memory = new Memory(32);

  new Uint8Array(memory).forEach((_, i, bytes) => {
    bytes[i] = i + 1;
  });
  return memory;
}

/**
 * @param {String} method The method that sends
 * @param {*} data What is sent
 * @return {Buffer} All that the peer may see of it
 */
function expectedPayload(method, data) {
  // What has no length is no reason at all.
  if (method === 'close') {
    return closePayload(1000, data.length ? Buffer.from(data) : '');
  }

  if (typeof data === 'number') return Buffer.from(String(data));
  if (ArrayBuffer.isView(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  return Buffer.from(data);
}

const SENDERS = {
  send: (ws, data) => ws.send(data),
  ping: (ws, data) => ws.ping(data),
  pong: (ws, data) => ws.pong(data),
  close: (ws, data) => ws.close(1000, data)
};

for (const [method, send] of Object.entries(SENDERS)) {
  onBothSides(
    `D1.1: ${method}() shows the bytes of its argument and no others`,
    async (WebSocket, trace, tools, open) => {
      for (const [name, make] of Object.entries(VIEWS)) {
        const { ws, peer } = await open();
        const data = make();

        try {
          send(ws, data);
        } catch (error) {
          assert.ok(error instanceof TypeError, `${name}: ${error.stack}`);
          ws.terminate();
          continue;
        }

        const [{ payload }] = await peer.frames(1);

        assert.deepStrictEqual(payload, expectedPayload(method, data), name);
        ws.terminate();
      }
    }
  );
}

/** Lengths around the borders of every type that might hold them. */
const LENGTHS = [
  [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n],
  [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
];

for (const length of LENGTHS.flat()) {
  for (const opcode of [TEXT, BINARY]) {
    onBothSides(
      `D1.2, D1.3: ${length} bytes are announced (opcode ${opcode})`,
      async (WebSocket, trace, tools, open) => {
        const ends = await open();
        const tooLong = LENGTHS[1].includes(length);

        await rejects(
          tools,
          ends,
          {
            code: tooLong
              ? 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'
              : 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
            status: 1009
          },
          ends.peer.frame(opcode, '', { length })
        );
      }
    );
  }
}

onBothSides(
  'D1.3: lengths do not overflow when there is no limit',
  async (WebSocket, trace, tools, open) => {
    for (const length of LENGTHS[0]) {
      const { ws, peer } = await open({ maxPayload: 0 });
      const messages = [];

      ws.on('message', (data) => messages.push(data));
      peer.write(
        peer.frame(TEXT, 'before'),
        peer.frame(TEXT, 'a', { fin: false }),
        peer.frame(CONTINUATION, 'only the beginning', { length })
      );
      await tools.event(ws, 'message');
      await tools.delay(10);
      peer.socket.end();

      const [code] = await tools.event(ws, 'close');

      assert.strictEqual(code, 1006);
      assert.strictEqual(messages.length, 1);
    }
  }
);

onBothSides(
  'D1.3: the lengths of fragments do not overflow when they are added',
  async (WebSocket, trace, tools, open) => {
    const ends = await open();
    const { peer } = ends;

    await rejects(
      tools,
      ends,
      { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', status: 1009 },
      peer.frame(BINARY, 'abc', { fin: false }),
      peer.frame(CONTINUATION, '', { length: 2n ** 53n - 1n })
    );
  }
);

for (const payload of ['a', '']) {
  onBothSides(
    `D1.7: a flood of fragments of ${payload.length} bytes`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open();
      const { peer } = ends;
      const fragment = peer.frame(CONTINUATION, payload, { fin: false });

      await rejects(
        tools,
        ends,
        { code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS', status: 1008 },
        peer.frame(BINARY, '', { fin: false }),
        Buffer.alloc(131000 * fragment.length, fragment)
      );
    }
  );
}

onBothSides(
  'D1.7: a flood of fragments with pings in between',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ maxPendingAutoPongs: 0 });
    const piece = Buffer.concat([
      peer.frame(CONTINUATION, 'a', { fin: false }),
      peer.frame(PING, '')
    ]);
    const closed = tools.event(ws, 'close');
    let pings = 0;
    let code;

    ws.on('ping', () => pings++);
    ws.on('error', (error) => {
      code = error.code;
    });
    peer.write(
      peer.frame(BINARY, '', { fin: false }),
      Buffer.alloc(131000 * piece.length, piece)
    );
    await closed;
    assert.strictEqual(code, 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
    assert.strictEqual(pings, 16383);
  }
);

onBothSides(
  'D1.7: frames in segments of one byte',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const closed = tools.event(ws, 'close');
    const messages = [];

    ws.on('message', (data) => messages.push(String(data)));
    await peer.writeBytewise(
      Buffer.concat([
        peer.frame(TEXT, 'x'.repeat(300)),
        peer.frame(TEXT, 'one ', { fin: false }),
        peer.frame(PING, 'ping'),
        peer.frame(CONTINUATION, '€')
      ])
    );
    peer.write(peer.closeFrame(1000));
    assert.strictEqual((await closed)[0], 1000);
    assert.deepStrictEqual(messages, ['x'.repeat(300), 'one €']);
  }
);

onBothSides(
  'D1.7: too many segments for one frame',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxBufferedChunks: 10 });
    const { peer } = ends;
    const frame = peer.frame(BINARY, Buffer.alloc(1000));
    const rejected = rejects(tools, ends, {
      code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
      status: 1008
    });

    for (let i = 0; i < frame.length && !peer.ended; i++) {
      peer.write(frame.subarray(i, i + 1));
      await tools.delay(SEGMENT_DISTANCE);
    }

    await rejected;
  }
);

onBothSides(
  'D1.8: fragments that exceed the limit together only',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxPayload: 1000 });
    const { peer } = ends;

    await rejects(
      tools,
      ends,
      { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', status: 1009 },
      peer.frame(BINARY, Buffer.alloc(999), { fin: false }),
      peer.frame(CONTINUATION, 'a', { fin: false }),
      peer.frame(CONTINUATION, 'a', { fin: false })
    );
  }
);

/** Frames that break a rule, all of which are found in the first two bytes. */
const BROKEN = {
  RSV1: { rsv: 4, code: 'WS_ERR_UNEXPECTED_RSV_1' },
  RSV2: { rsv: 2, code: 'WS_ERR_UNEXPECTED_RSV_2_3' },
  RSV3: { rsv: 1, code: 'WS_ERR_UNEXPECTED_RSV_2_3' },
  'a reserved opcode': { opcode: 3, code: 'WS_ERR_INVALID_OPCODE' }
};

for (const [name, { code, ...frame }] of Object.entries(BROKEN)) {
  const bytes = (masked) =>
    encodeFrame({ opcode: TEXT, payload: 'x', masked, ...frame });

  scenario(
    `D1.12: ${name} in the same segment as the request`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve();
      const failed = new Promise((resolve) => {
        wss.on('connection', (ws) => ws.on('error', resolve));
      });

      await tools.dialWebSocket(port, { tail: bytes(true) });
      assert.strictEqual((await failed).code, code);
    }
  );

  scenario(
    `D1.12: ${name} in the same segment as the response`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => {
        peer.accept({}, bytes(false));
      });
      const ws = tools.client(url);
      const events = [];

      ws.on('open', () => events.push('open'));
      ws.on('error', (error) => events.push(error.code));
      await tools.event(ws, 'close');
      assert.deepStrictEqual(events, ['open', code]);
    }
  );
}

onBothSides(
  'D2: data behind a close frame is not delivered',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const events = [];

    for (const event of ['message', 'ping', 'pong', 'error']) {
      ws.on(event, () => events.push(event));
    }

    peer.write(
      peer.closeFrame(1000, 'done'),
      peer.frame(TEXT, 'too late'),
      peer.frame(PING, 'too late'),
      peer.frame(PONG, 'too late'),
      peer.closeFrame(1001),
      peer.frame(3, 'broken as well')
    );

    const [code, reason] = await tools.event(ws, 'close');

    assert.strictEqual(code, 1000);
    assert.strictEqual(String(reason), 'done');

    const answers = await peer.rest();

    assert.deepStrictEqual(events, []);
    assert.strictEqual(answers.length, 2, answers.join());
  }
);

verify(__filename);
