'use strict';

const { deflateRawSync } = require('zlib');

const {
  Inflater,
  TAIL,
  deflate,
  openCompressed
} = require('./support/compressed');
const { compare, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const { BINARY, CONTINUATION, PING, TEXT } = OPCODES;
const RSV1 = 4;

/** Compresses well, if the window goes back for 300 bytes. */
const PARAGRAPH = 'lorem ipsum dolor sit amet, '.repeat(10);

/**
 * Registers a scenario for a WebSocket of each side with a raw peer, with
 * compression.
 *
 * @param {String} title As for `scenario()`
 * @param {Function} run Gets also `open(options, parameters)`
 * @param {Object} [options] As for `scenario()`
 */
function onBothSides(title, run, options) {
  for (const side of ['server', 'client']) {
    scenario(
      `${title} (${side})`,
      (WebSocket, trace, tools) =>
        run(WebSocket, trace, tools, (settings, parameters) =>
          openCompressed(tools, side, settings, parameters)
        ),
      options
    );
  }
}

/**
 * Notes the next frames, and what they hold when decompressed.
 *
 * @param {Trace} trace The trace
 * @param {RawPeer} peer The peer
 * @param {Number} count How many frames
 * @param {Inflater} [inflater] Decompresses
 */
async function noteFrames(trace, peer, count, inflater = new Inflater()) {
  let compressed = false;

  for (const { fin, opcode, payload, rsv } of await peer.frames(count)) {
    if (opcode === TEXT || opcode === BINARY) compressed = rsv === RSV1;

    const data = compressed ? await inflater.inflate(payload, fin) : payload;

    trace.note('wire', 'frame', opcode, fin, rsv, data);
  }
}

onBothSides(
  '10.5: threshold without context takeover',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open(
      { perMessageDeflate: { threshold: 10 } },
      '; server_no_context_takeover; client_no_context_takeover'
    );

    for (const length of [0, 9, 10, 11]) ws.send('x'.repeat(length));
    ws.send('xxxxx', { fin: false });
    ws.send('xxxxxxxxxxxxxx');
    ws.send('xxxxxxxxxxxxxx', { fin: false });
    ws.send('x');
    await noteFrames(trace, peer, 8);
  }
);

for (const whose of ['server', 'client']) {
  onBothSides(
    `10.5: threshold with context takeover of one direction, ${whose}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open(
        { perMessageDeflate: { threshold: 1024 } },
        `; ${whose}_no_context_takeover`
      );

      ws.send('short');
      ws.send('x'.repeat(2000));
      await noteFrames(trace, peer, 2);
    }
  );
}

onBothSides('10.6: concurrencyLimit', async (WebSocket, trace, tools, open) => {
  const { ws, peer } = await open({
    perMessageDeflate: { concurrencyLimit: 1 }
  });

  for (let i = 0; i < 20; i++) ws.send(`${PARAGRAPH}${i}`);
  await noteFrames(trace, peer, 20);
});

onBothSides('10.7: options of zlib', async (WebSocket, trace, tools, open) => {
  const { ws, peer } = await open({
    perMessageDeflate: {
      zlibDeflateOptions: { level: 9, memLevel: 9, windowBits: 9 },
      zlibInflateOptions: { chunkSize: 1024, windowBits: 9 }
    }
  });
  const received = tools.event(ws, 'message');

  ws.send(PARAGRAPH.repeat(100));
  await noteFrames(trace, peer, 1);
  peer.send(TEXT, deflate(PARAGRAPH.repeat(100)), { rsv: RSV1 });
  trace.note('ws', 'message', ...(await received));
});

onBothSides(
  '10.12: RSV1 is in the first frame, the tail in none',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.send(PARAGRAPH);
    ws.send(PARAGRAPH, { fin: false });
    ws.ping('between');
    ws.send('middle', { fin: false });
    ws.send('end');

    for (const { fin, opcode, payload, rsv } of await peer.frames(5)) {
      const tail = payload.subarray(-TAIL.length).equals(TAIL);

      trace.note('wire', 'frame', opcode, fin, rsv, fin && tail);
    }
  }
);

onBothSides(
  '10.13: empty messages and fragments',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const inflater = new Inflater();

    ws.send('');
    ws.send(Buffer.alloc(0));
    trace.note('wire', 'payloads', ...payloads(await peer.frames(2)));

    ws.send('', { fin: false });
    ws.send('x', { fin: false });
    ws.send('');
    await noteFrames(trace, peer, 3, inflater);

    trace.watch('ws', ws);
    peer.send(TEXT, Buffer.from([0]), { rsv: RSV1 });
    peer.send(BINARY, '', { fin: false, rsv: RSV1 });
    peer.send(CONTINUATION, Buffer.from([0]));
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '10.14, 6.4: fragments and messages share the context',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const inflater = new Inflater();

    ws.send(PARAGRAPH, { fin: false });
    ws.send(PARAGRAPH);
    ws.send('plain', { compress: false });
    ws.send(PARAGRAPH);

    const [first, second, , last] = await peer.frames(4);

    trace.note(
      'wire',
      'shorter',
      second.payload.length < first.payload.length,
      last.payload.length < first.payload.length
    );
    for (const { fin, payload } of [first, second, last]) {
      trace.note('wire', 'data', await inflater.inflate(payload, fin));
    }
  }
);

for (const bits of [8, 9, 15]) {
  onBothSides(
    `10.15: a window of ${bits} bits`,
    async (WebSocket, trace, tools, open) => {
      const windows = { serverMaxWindowBits: bits, clientMaxWindowBits: bits };
      const { ws, peer } = await open(
        { perMessageDeflate: windows },
        `; server_max_window_bits=${bits}; client_max_window_bits=${bits}`
      );
      const data = PARAGRAPH.repeat(20);
      const received = tools.event(ws, 'message');

      ws.send(data);
      ws.send(data);
      await noteFrames(trace, peer, 2, new Inflater({ windowBits: bits }));
      peer.send(TEXT, deflate(data, { windowBits: bits }), { rsv: RSV1 });
      trace.note('ws', 'message', ...(await received));
    }
  );
}

onBothSides(
  '10.16: a deflate stream that ends in a message',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, deflate('before'), { rsv: RSV1 }),
      peer.frame(TEXT, deflateRawSync('the end'), { rsv: RSV1 }),
      peer.frame(TEXT, deflate('anew'), { rsv: RSV1 }),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '10.17, 2.9: send() returns before the message is compressed',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const sent = new Promise((resolve) => {
      ws.send(PARAGRAPH, (error) => {
        trace.note('ws', 'callback', error, ws.bufferedAmount);
        resolve();
      });
    });

    trace.note('ws', 'one', ws.bufferedAmount);
    ws.send('12345', { compress: false });
    trace.note('ws', 'two', ws.bufferedAmount);
    ws.ping('123');
    trace.note('ws', 'three', ws.bufferedAmount);
    await noteFrames(trace, peer, 3);
    await sent;
  }
);

onBothSides(
  '5.13, 5.11: nothing overtakes a message that is compressed',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.send(PARAGRAPH, trace.callback('ws', 'first', ws));
    ws.send('plain', { compress: false }, trace.callback('ws', 'plain', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    ws.send(PARAGRAPH, trace.callback('ws', 'last', ws));
    ws.close(1000);
    await noteFrames(trace, peer, 5);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.14: the socket is destroyed while messages are compressed',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    trace.watch('ws', ws);
    ws.send(PARAGRAPH, trace.callback('ws', 'first', ws));
    ws.send('plain', { compress: false }, trace.callback('ws', 'plain', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    ws.terminate();
    await tools.event(ws, 'close');
    trace.note('ws', 'for ever', ws.bufferedAmount);
  }
);

onBothSides(
  '5.14: the peer ends while messages are compressed',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.socket.end();
    await tools.event(peer.socket, 'finish');

    // What is sent now has to be compressed while the end is being noticed.
    ws.send(PARAGRAPH.repeat(10_000), trace.callback('ws', 'long', ws));
    ws.send(PARAGRAPH, trace.callback('ws', 'short', ws));
    ws.send('plain', { compress: false }, trace.callback('ws', 'plain', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    trace.note('ws', 'state', ws.readyState, ws.bufferedAmount);
    await tools.event(ws, 'close');
    trace.note('ws', 'for ever', ws.bufferedAmount);
    trace.lines('wire', await peer.rest());
  }
);

/** ws writes to the socket that it has ended, and so destroys it. */
const ABANDONED_AT_THE_END = {
  differs: [
    {
      on: ['lane', 'stream'],
      because: 'what was sent before still has to arrive',
      expected: () => ({
        wire: ['end: true'],
        ws: [
          'callback of plain while CLOSING: null',
          'callback of long while CLOSING: ' +
            'Error("The socket was closed while data was being compressed")',
          "close while CLOSED: 1006, Buffer ''"
        ]
      })
    }
  ]
};

onBothSides(
  '5.14: the peer ends and reads late while a message is compressed',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const closed = tools.event(ws, 'close');
    const plain = Buffer.alloc(8e6);
    const long = PARAGRAPH.repeat(10_000);

    trace.watch('ws', ws);
    peer.socket.pause();
    ws.send(plain, { compress: false }, trace.callback('ws', 'plain', ws));
    peer.socket.end();
    await tools.event(peer.socket, 'finish');
    ws.send(long, trace.callback('ws', 'long', ws));
    await tools.delay(100);
    peer.socket.resume();
    await closed;
    await peer.until(() => peer.ended);
    trace.note('wire', 'end', peer.bytes.length > plain.length);
  },
  ABANDONED_AT_THE_END
);

for (const [name, payload] of Object.entries({
  'a block of a type that does not exist': 'ffffff',
  'a stored block of a wrong length': '0004000000',
  'a distance beyond the window': '4b0492000000'
})) {
  onBothSides(`8.15: ${name}`, async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('message', (data) => trace.note('ws', 'message', data));
    ws.on('error', ({ code, constructor, errno }) => {
      trace.note('ws', 'error', constructor.name, code, errno);
      trace.note('ws', 'state', ws.readyState);
    });
    ws.on('close', (code) => trace.note('ws', 'close', code));
    peer.send(TEXT, deflate('good'), { rsv: RSV1 });
    peer.send(TEXT, Buffer.from(payload, 'hex'), { rsv: RSV1 });
    peer.send(TEXT, 'ignored');
    trace.lines('wire', await peer.rest());
    if (ws.readyState !== ws.CLOSED) await tools.event(ws, 'close');
  });
}

for (const [what, rsv, count] of [
  ['a plain message', 0, 1],
  ['plain messages', 0, 2],
  ['a compressed message', RSV1, 1],
  ['compressed messages', RSV1, 5]
]) {
  onBothSides(
    `8.20: what a listener puts off and an error behind ${what}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const payload = rsv ? deflate('') : '';
      const good = Array(count).fill(peer.frame(TEXT, payload, { rsv }));

      trace.watch('ws', ws);
      ws.once('message', () => {
        process.nextTick(() => trace.note('tick', 'state', ws.readyState));
        setImmediate(() => trace.note('turn', 'state', ws.readyState));
      });
      peer.write(...good, peer.frame(3, 'bad'));
      trace.lines('wire', await peer.rest());
      if (ws.readyState !== ws.CLOSED) await tools.event(ws, 'close');
    }
  );
}

onBothSides(
  '8.12: maxPayload of what is decompressed',
  async (WebSocket, trace, tools, open) => {
    for (const length of [1000, 1001]) {
      const { ws, peer } = await open({ maxPayload: 1000 });

      trace.watch('ws', ws);
      peer.send(BINARY, deflate(Buffer.alloc(length)), { rsv: RSV1 });
      peer.write(peer.closeFrame(1000));
      trace.lines('wire', await peer.rest());
      if (ws.readyState !== ws.CLOSED) await tools.event(ws, 'close');
    }
  }
);

onBothSides(
  '8.17: fragments of a compressed message',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const payload = deflate(PARAGRAPH.repeat(30));
    const half = payload.length >> 1;

    ws.binaryType = 'fragments';
    ws.on('message', (data) => {
      trace.note('ws', 'whole', Buffer.concat(data).toString().length);
      trace.note('ws', 'parts', data.length);
    });
    peer.write(
      peer.frame(BINARY, payload.subarray(0, half), { fin: false, rsv: RSV1 }),
      peer.frame(PING, 'between'),
      peer.frame(CONTINUATION, '', { fin: false }),
      peer.frame(CONTINUATION, payload.subarray(half)),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

/** @return {Buffer[]} The payloads of frames */
function payloads(frames) {
  return frames.map(({ payload }) => payload);
}

compare(__filename);
