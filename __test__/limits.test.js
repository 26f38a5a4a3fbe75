'use strict';

const { Duplex } = require('stream');

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, encodeFrame } = require('./support/frames');
const { responseHead } = require('./support/raw-handshake');

const { BINARY, CONTINUATION, PING, PONG, TEXT } = OPCODES;

/**
 * Sends bytes and a close frame, and notes all that follows.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {{ws: WebSocket, peer: RawPeer}} ends The connection
 * @param {...Buffer} chunks The bytes
 */
async function exchange(trace, tools, { ws, peer }, ...chunks) {
  const closed = tools.event(ws, 'close');

  trace.watch('ws', ws);
  peer.write(...chunks, peer.closeFrame(1000));
  trace.lines('wire', await peer.rest());
  await closed;
}

/**
 * Sends pieces so that each is a read of its own at the other end.
 *
 * @param {Tools} tools The tools
 * @param {RawPeer} peer The peer
 * @param {Buffer[]} pieces The pieces
 * @param {WebSocket} ws The other end
 */
async function sendApart(tools, peer, pieces, ws) {
  const socket = ws._socket;

  for (const piece of pieces) {
    if (peer.ended) return;

    const read = socket.bytesRead;

    peer.write(piece);
    do await tools.turns(1);
    while (ws.readyState === ws.OPEN && socket.bytesRead === read);
  }
}

for (const length of [0, 99, 100, 101, 126, 70000]) {
  onBothSides(
    `8.12: maxPayload 100: a message of ${length} bytes`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open({ maxPayload: 100 });

      await exchange(
        trace,
        tools,
        ends,
        ends.peer.frame(TEXT, 'before'),
        ends.peer.frame(BINARY, Buffer.alloc(length))
      );
    }
  );
}

onBothSides(
  '8.12: maxPayload counts all fragments',
  async (WebSocket, trace, tools, open) => {
    for (const last of [39, 40, 41]) {
      const ends = await open({ maxPayload: 100 });
      const { peer } = ends;

      await exchange(
        trace,
        tools,
        ends,
        peer.frame(TEXT, 'x'.repeat(60), { fin: false }),
        peer.frame(PING, 'x'.repeat(125)),
        peer.frame(CONTINUATION, 'x'.repeat(last))
      );
    }
  }
);

onBothSides(
  '8.12: maxPayload starts anew with each message',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxPayload: 10 });
    const frame = ends.peer.frame(TEXT, '0123456789');

    await exchange(trace, tools, ends, frame, frame, frame);
  }
);

onBothSides(
  '8.12: maxPayload does not count control frames',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxPayload: 10 });
    const { peer } = ends;
    const payload = 'x'.repeat(125);

    await exchange(
      trace,
      tools,
      ends,
      peer.frame(PING, payload),
      peer.frame(PONG, payload)
    );
  }
);

onBothSides(
  '8.12: maxPayload fails at the header',
  async (WebSocket, trace, tools, open) => {
    for (const [bits, size] of [
      [7, 2],
      [16, 4],
      [64, 10]
    ]) {
      const { ws, peer } = await open({ maxPayload: 100 });
      const closed = tools.event(ws, 'close');
      const frame = peer.frame(BINARY, '', { length: 101, bits });

      trace.watch('ws', ws);
      peer.write(frame.subarray(0, size));
      trace.lines('wire', await peer.rest());
      await closed;
    }
  }
);

for (const maxPayload of [
  0,
  -1,
  Infinity,
  2 ** 31,
  2 ** 32 + 100,
  100.9,
  '100',
  null,
  NaN
]) {
  onBothSides(
    `3.31, 3.22: maxPayload ${maxPayload}`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open({ maxPayload });

      await exchange(
        trace,
        tools,
        ends,
        ends.peer.frame(BINARY, Buffer.alloc(100)),
        ends.peer.frame(BINARY, Buffer.alloc(101))
      );
    }
  );
}

onBothSides(
  '3.22: maxPayload is 100 MiB by default',
  async (WebSocket, trace, tools, open) => {
    for (const more of [0, 1]) {
      const { ws, peer } = await open();
      const closed = tools.event(ws, 'close');
      const length = 100 * 1024 * 1024 + more;

      trace.watch('ws', ws);
      peer.write(peer.frame(BINARY, '', { length, bits: 64 }));
      if (more) trace.lines('wire', await peer.rest());
      else peer.socket.end();
      await closed;
    }
  }
);

onBothSides(
  '8.12: a payload that is announced and never sent',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ maxPayload: 0 });

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'before'),
      peer.frame(BINARY, 'only this', { length: 2n ** 53n - 1n, bits: 64 })
    );
    await tools.event(ws, 'message');
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

for (const count of [1, 3, 4]) {
  onBothSides(
    `8.13: maxFragments 3: a message of ${count} fragments`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open({ maxFragments: 3 });
      const { peer } = ends;
      const message = (payload) =>
        Array.from({ length: count }, (_, i) =>
          peer.frame(i === 0 ? TEXT : CONTINUATION, payload, {
            fin: i === count - 1
          })
        );

      await exchange(
        trace,
        tools,
        ends,
        ...message('x'),
        peer.frame(PING, 'between'),
        ...message('y')
      );
    }
  );
}

onBothSides(
  '8.13: maxFragments counts empty fragments',
  async (WebSocket, trace, tools, open) => {
    const ends = await open({ maxFragments: 2 });
    const { peer } = ends;

    await exchange(
      trace,
      tools,
      ends,
      peer.frame(TEXT, '', { fin: false }),
      peer.frame(CONTINUATION, '', { fin: false }),
      peer.frame(PING, 'does not count'),
      peer.frame(CONTINUATION, '')
    );
  }
);

onBothSides(
  '8.13: maxFragments fails when the frame is complete',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ maxFragments: 1 });
    const frame = peer.frame(CONTINUATION, 'second');
    const closed = tools.event(ws, 'close');

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'first', { fin: false }),
      frame.subarray(0, frame.length - 1)
    );
    await tools.delay(20);
    trace.note('ws', 'state', ws.readyState);
    peer.write(frame.subarray(frame.length - 1));
    trace.lines('wire', await peer.rest());
    await closed;
  }
);

onBothSides(
  '3.21: maxFragments is 16384 by default',
  async (WebSocket, trace, tools, open) => {
    for (const count of [16384, 16385]) {
      const ends = await open();
      const { peer } = ends;
      const empty = peer.frame(CONTINUATION, '', { fin: false });

      await exchange(
        trace,
        tools,
        ends,
        peer.frame(BINARY, '', { fin: false }),
        Buffer.alloc((count - 2) * empty.length, empty),
        peer.frame(CONTINUATION, 'end')
      );
    }
  }
);

for (const maxFragments of [0, -1, '2', 2.9]) {
  onBothSides(
    `3.31, 3.21: maxFragments ${maxFragments}`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open({ maxFragments });
      const { peer } = ends;

      await exchange(
        trace,
        tools,
        ends,
        peer.frame(TEXT, 'a', { fin: false }),
        peer.frame(CONTINUATION, 'b', { fin: false }),
        peer.frame(CONTINUATION, 'c')
      );
    }
  );
}

for (const pieces of [3, 4]) {
  onBothSides(
    `8.14: maxBufferedChunks 3: a frame in ${pieces} pieces behind its header`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open({ maxBufferedChunks: 3 });
      const closed = tools.event(ws, 'close');
      const frame = peer.frame(BINARY, Buffer.alloc(100, 1));
      const size = frame.length - 100;
      const cuts = [frame.subarray(0, size)];

      for (let i = 0; i < pieces; i++) {
        const end = i === pieces - 1 ? frame.length : size + (i + 1) * 10;
        cuts.push(frame.subarray(size + i * 10, end));
      }

      trace.watch('ws', ws);
      await sendApart(tools, peer, [...cuts, peer.closeFrame(1000)], ws);
      trace.lines('wire', await peer.rest());
      await closed;
    }
  );
}

onBothSides(
  '3.31, 3.20: maxBufferedChunks 0 means no limit',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ maxBufferedChunks: 0 });
    const closed = tools.event(ws, 'close');
    const bytes = Buffer.concat([
      peer.frame(BINARY, Buffer.alloc(30, 1)),
      peer.closeFrame(1000)
    ]);

    trace.watch('ws', ws);
    await peer.writeBytewise(bytes);
    await closed;
  }
);

scenario(
  '3.20: maxBufferedChunks is 262144 by default',
  async (WebSocket, trace, tools) => {
    const chunks = 262144;
    const server = new Duplex({
      read() {},
      write(chunk, encoding, callback) {
        const request = chunk.toString().split('\r\n');

        if (request.length > 1) this.push(responseHead({ request }));
        callback();
      }
    });
    const ws = tools.client('ws://localhost', {
      closeTimeout: 50,
      createConnection: () => server,
      perMessageDeflate: false
    });

    trace.watch('client', ws);
    await tools.event(ws, 'open');
    server.push(encodeFrame({ opcode: BINARY, length: 2 * chunks }));
    for (let i = 0; i < chunks; i++) server.push(Buffer.alloc(1));
    await tools.turns(2);
    trace.note('client', 'state', ws.readyState);
    server.push(Buffer.alloc(1));
    await tools.event(ws, 'close');
  }
);

scenario(
  '3.15: closeTimeout is 30 s by default',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();

    trace.note('both', 'default', client._closeTimeout, server._closeTimeout);
  }
);

onBothSides(
  '8.12: large messages arrive whole',
  async (WebSocket, trace, tools, open) => {
    const ends = await open();
    const { peer } = ends;
    const payload = Buffer.alloc(3 * 1024 * 1024);

    for (let i = 0; i < payload.length; i += 4) payload.writeUInt32LE(i, i);

    await exchange(
      trace,
      tools,
      ends,
      peer.frame(BINARY, payload),
      peer.frame(TEXT, 'between'),
      peer.frame(BINARY, payload.subarray(1), { fin: false }),
      peer.frame(PING, 'inside'),
      peer.frame(CONTINUATION, payload.subarray(3)),
      peer.frame(TEXT, 'ä'.repeat(100000))
    );
  }
);

compare(__filename);
