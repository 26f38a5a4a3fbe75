'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { defer } = require('./support/tools');

const view = Buffer.from('..view..');

/** Every kind of data there is, by description. */
const DATA = {
  string: () => 'string',
  'empty string': () => '',
  'string of several bytes a character': () => 'grüße, 世界 🌍',
  'lone surrogate': () => 'a\ud800b',
  number: () => 12.5,
  zero: () => 0,
  'negative zero': () => -0,
  NaN: () => NaN,
  undefined: () => undefined,
  null: () => null,
  false: () => false,
  true: () => true,
  Buffer: () => Buffer.from('buffer'),
  'empty Buffer': () => Buffer.alloc(0),
  'slice of a Buffer': () => view.subarray(2, 6),
  Uint8Array: () => new Uint8Array([1, 2, 3]),
  Uint16Array: () => new Uint16Array([0x0102, 0x0304]),
  Float64Array: () => new Float64Array([1.5]),
  'window of a typed array': () =>
    new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6]).buffer, 2, 1),
  DataView: () => new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  ArrayBuffer: () => new Uint8Array([5, 6, 7]).buffer,
  'empty ArrayBuffer': () => new ArrayBuffer(0),
  SharedArrayBuffer: () => new SharedArrayBuffer(3),
  Blob: () => new Blob(['a', 'blob']),
  'empty Blob': () => new Blob([]),
  'array of bytes': () => [1, 2, 255, 256, -1, 'x'],
  'empty array': () => [],
  'String object': () => new String('object'),
  Date: () => new Date(86400000),
  'object with valueOf()': () => ({ valueOf: () => 'value' }),
  'object with Symbol.toPrimitive': () => ({
    [Symbol.toPrimitive]: () => 'primitive'
  }),
  'array-like object': () => ({ length: 2, 0: 65, 1: 66 }),
  object: () => ({}),
  bigint: () => 10n,
  symbol: () => Symbol('s'),
  function: () => () => {},
  Set: () => new Set([1]),
  Map: () => new Map(),
  'object in JSON form of a Buffer': () => Buffer.from('json').toJSON()
};

/**
 * Has all frames up to the close frame noted.
 *
 * @param {Trace} trace The trace
 * @param {WebSocket} ws The sender
 * @param {RawPeer} peer The receiver
 */
async function noteFrames(trace, ws, peer) {
  ws.close(1000);
  trace.lines('wire', await readToClose(peer));
}

/**
 * @param {RawPeer} peer The receiver
 * @return {Promise<String[]>} The frames up to the close frame
 */
async function readToClose(peer) {
  const lines = [];

  for (;;) {
    const [frame] = await peer.frames(1);

    lines.push(describeFrame(frame));
    if (frame.opcode === OPCODES.CLOSE) return lines;
  }
}

for (const method of ['send', 'ping', 'pong']) {
  onBothSides(
    `5.3, 5.4, 5.5: ${method}: kinds of data`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const callbacks = [];

      for (const [name, make] of Object.entries(DATA)) {
        const called = defer();
        const accepted = trace.call('ws', name, () => {
          ws[method](make(), undefined, (error) => {
            trace.note('ws', `callback of ${name}`, error || null);
            called.resolve();
          });
          return true;
        });

        if (accepted && name !== 'function') callbacks.push(called.promise);
      }

      await noteFrames(trace, ws, peer);
      await Promise.all(callbacks);
    }
  );
}

for (const method of ['send', 'ping', 'pong']) {
  onBothSides(
    `5.2, 5.4: ${method}: kinds of data after close()`,
    async (WebSocket, trace, tools, open) => {
      const { ws } = await open();

      ws.close();

      const base = ws.bufferedAmount;

      for (const [name, make] of Object.entries(DATA)) {
        trace.call('ws', name, () => ws[method](make()));
        trace.note('ws', 'bufferedAmount', ws.bufferedAmount - base);
      }
    }
  );
}

for (const options of [
  undefined,
  null,
  {},
  { binary: true },
  { binary: false },
  { binary: 1 },
  { binary: undefined },
  { mask: true },
  { mask: false },
  { mask: undefined },
  { fin: false },
  { fin: undefined },
  { compress: true },
  { compress: false },
  { opcode: 3, rsv1: true, readOnly: false },
  'text',
  7
]) {
  const words = typeof options === 'object' ? JSON.stringify(options) : options;

  onBothSides(
    `5.6: send: options ${words}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();

      trace.call('ws', 'send', () => ws.send('text', options));
      trace.call('ws', 'send', () => ws.send(Buffer.from('bytes'), options));
      await noteFrames(trace, ws, peer);
    }
  );
}

for (const mask of [true, false, undefined, null, 1]) {
  onBothSides(
    `5.6: ping and pong: mask ${mask}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();

      ws.ping('a', mask);
      ws.pong('b', mask);
      await noteFrames(trace, ws, peer);
    }
  );
}

onBothSides(
  '5.9: ping and pong: payload of at most 125 bytes',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    for (const method of ['ping', 'pong']) {
      for (const data of [
        'x'.repeat(125),
        'x'.repeat(126),
        'ä'.repeat(62),
        'ä'.repeat(63),
        Buffer.alloc(125),
        Buffer.alloc(126),
        new Uint16Array(63),
        new ArrayBuffer(126),
        new Blob(['x'.repeat(126)])
      ]) {
        trace.call('ws', method, () => ws[method](data));
      }
    }

    await noteFrames(trace, ws, peer);
  }
);

onBothSides(
  '5.5: ping and pong without payload',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const called = [];

    for (const method of ['ping', 'pong']) {
      ws[method]();
      called.push(new Promise((resolve) => ws[method](resolve)));
      called.push(new Promise((resolve) => ws[method]('a', resolve)));
      called.push(
        new Promise((resolve) => ws[method]('b', undefined, resolve))
      );
    }

    trace.note('ws', 'callbacks', ...(await Promise.all(called)));
    await noteFrames(trace, ws, peer);
  }
);

onBothSides(
  '5.3: send: lengths around the limits of the header',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    for (const length of [0, 1, 125, 126, 127, 65535, 65536, 65537, 1000000]) {
      ws.send(Buffer.alloc(length, 7));
      ws.send('x'.repeat(length));

      for (const frame of await peer.frames(2)) {
        trace.note('wire', describeFrame(frame), frame.size);
      }
    }
  }
);

onBothSides('5.8: send: fragments', async (WebSocket, trace, tools, open) => {
  const { ws, peer } = await open();

  ws.send('one', { fin: false });
  ws.send('two', { fin: false, binary: true });
  ws.ping('between');
  ws.send(Buffer.from('three'), { fin: true });
  ws.send(Buffer.from('four'), { fin: false });
  ws.send('', { fin: false });
  ws.send('five');
  ws.send('six');
  ws.send('', { fin: false });
  ws.close(1000);
  trace.lines('wire', await readToClose(peer));
});

onBothSides(
  '5.8: send: a refused fragment',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.call('ws', 'send', () => ws.send({}, { fin: false }));
    ws.send('text');
    await noteFrames(trace, ws, peer);
  }
);

onBothSides(
  '5.7: send: each kind of call',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.call('ws', 'no argument', () => ws.send());
    trace.call('ws', 'data', () => ws.send('a'));
    trace.call('ws', 'data and callback', () => ws.send('b', () => {}));
    trace.call('ws', 'data, options, callback', () =>
      ws.send('c', {}, () => {})
    );
    trace.call('ws', 'data, undefined, callback', () =>
      ws.send('d', undefined, () => {})
    );
    trace.call('ws', 'callback that is undefined', () =>
      ws.send('e', {}, undefined)
    );
    await noteFrames(trace, ws, peer);
  }
);

onBothSides(
  '5.10: send: data is not changed',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const buffer = Buffer.from('buffer');
    const array = new Uint8Array([1, 2, 3]);
    const { buffer: arrayBuffer } = new Uint8Array([4, 5, 6]);
    const dataView = new DataView(new Uint8Array([7, 8, 9]).buffer, 1);

    for (const data of [buffer, array, arrayBuffer, dataView]) {
      ws.send(data);
      ws.ping(data);
      ws.pong(data);
      trace.note('ws', 'data', data.buffer ? data : new Uint8Array(data));
    }

    await noteFrames(trace, ws, peer);
    trace.note('ws', 'data', buffer, array, arrayBuffer, dataView);
  }
);

onBothSides(
  '5.3: send: the same data several times in a tick',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const long = '\u00e9'.repeat(1000);
    const buffer = Buffer.from('first');

    // Enough to fill what a tick can collect.
    for (let i = 0; i < 1500; i++) ws.send(long);
    ws.send('text');
    ws.send('text', { binary: true });
    ws.send('text', { mask: true });
    ws.send('text');
    ws.send('', { fin: false });
    ws.send('');
    ws.ping('text');
    ws.send('text');
    ws.send(buffer);
    buffer.write('other');
    ws.send(buffer);
    ws.send('text');
    trace.lines('wire', (await peer.frames(1511)).map(describeFrame));
  }
);

scenario(
  '5.27: a client masks each frame with a key of its own',
  async (WebSocket, trace, tools) => {
    const { ws, peer } = await tools.openClient();

    for (let i = 0; i < 64; i++) ws.send('x');

    const frames = await peer.frames(64);
    const keys = new Set(frames.map(({ key }) => key.toString('hex')));

    trace.note('wire', 'distinct', keys.size);
    trace.note(
      'wire',
      'masked',
      frames.every(({ masked }) => masked)
    );
  }
);

scenario(
  '3.18: generateMask makes the masking keys',
  async (WebSocket, trace, tools) => {
    let count = 0;
    const { ws, peer } = await tools.openClient({
      generateMask(...values) {
        const [key] = values;

        trace.note(
          'ws',
          'called with',
          values.length,
          Buffer.isBuffer(key),
          key.length
        );
        key.writeUInt32BE(0x01020304 + count++);
      }
    });

    for (const data of [
      'text',
      Buffer.from('bytes'),
      '',
      Buffer.alloc(70000, 1)
    ]) {
      ws.send(data);
      trace.note('ws', 'calls', count);
    }

    ws.ping('ping');
    ws.send('plain', { mask: false });
    ws.close(1000, 'done');

    for (const frame of await peer.frames(7)) {
      trace.note('wire', describeFrame(frame), frame.key);
    }
  }
);

scenario(
  '3.18: an all-zero key leaves the payload as it is',
  async (WebSocket, trace, tools) => {
    const { ws, peer } = await tools.openClient({
      generateMask: (key) => key.fill(0)
    });

    ws.send('text');
    ws.send(Buffer.from('bytes'));
    await peer.until(() => peer.bytes.length >= 21);
    trace.note('wire', 'bytes', peer.bytes);
  }
);

scenario('3.18: generateMask may throw', async (WebSocket, trace, tools) => {
  const { ws } = await tools.openClient({
    generateMask() {
      throw new RangeError('mine');
    }
  });

  trace.call('ws', 'send', () => ws.send('x'));
  trace.call('ws', 'ping', () => ws.ping('x'));
});

scenario(
  '5.27: a server asked to mask does',
  async (WebSocket, trace, tools) => {
    const { ws, peer } = await tools.openServer();

    ws.send('x', { mask: true });
    ws.ping('y', true);
    trace.note(
      'wire',
      'masked',
      (await peer.frames(2)).map(({ masked }) => masked)
    );
  }
);

compare(__filename);
