'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { defer } = require('./support/tools');

const { BINARY, TEXT } = OPCODES;

/** More than the kernel takes from a sender whose peer does not read. */
const STUCK = 16 * 1024 * 1024;

/**
 * Makes numbers that look random and are the same in every run.
 *
 * @param {Number} limit One more than the largest
 * @return {Function} Gives the next number
 */
function numbers(limit) {
  let state = 12345;

  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % limit;
  };
}

onBothSides(
  '11.16: _socket tells what is stuck',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const { _socket: socket } = ws;

    trace.note(
      'ws',
      'at first',
      socket.writableLength,
      socket.writableNeedDrain
    );
    peer.socket.pause();
    ws.send(Buffer.alloc(STUCK));
    await tools.turns(3);
    trace.note(
      'ws',
      'stuck',
      socket.writableLength > 0,
      socket.writableNeedDrain
    );
    socket.on('drain', () => {
      trace.note('ws', 'drain', socket.writableLength, ws.bufferedAmount);
    });
    peer.socket.resume();
    await tools.event(socket, 'drain');
  }
);

onBothSides(
  '5.11: a sender that waits for its callbacks gets everything through',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const chunk = Buffer.alloc(1024 * 1024, 3);
    const frames = 24;

    for (let i = 0; i < frames; i++) {
      await new Promise((resolve) => ws.send(chunk, resolve));
    }

    trace.note('ws', 'buffered', ws.bufferedAmount);
    await peer.until(() => peer.socket.bytesRead > frames * chunk.length);
    trace.note('wire', 'frames', (await peer.frames(frames)).length);
  }
);

onBothSides(
  '5.11: a sender that does not wait gets everything through',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const next = numbers(20000);
    const frames = 2000;
    const lengths = [];
    let total = peer.socket.bytesRead;

    for (let i = 0; i < frames; i++) {
      const length = next();

      lengths.push(length);
      total += (length < 126 ? 2 : 4) + (peer.masks ? 0 : 4) + length;
      ws.send(Buffer.alloc(length, i));
    }

    // Decoding is done once, when all is there.
    await peer.until(() => peer.socket.bytesRead >= total);

    const received = await peer.frames(frames);

    trace.note(
      'wire',
      'in order',
      received.every(({ payload }, i) => {
        return (
          payload.length === lengths[i] &&
          payload.every((b) => b === (i & 0xff))
        );
      })
    );
    trace.note('ws', 'buffered', ws.bufferedAmount);
  }
);

onBothSides(
  '6.4: much that arrives at once arrives in order',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const next = numbers(9000);
    const expected = [];
    const done = defer();
    let received = 0;
    let wrong = 0;

    ws.on('message', (data, isBinary) => {
      const { length, binary } = expected[received];

      if (data.length !== length || isBinary !== binary) wrong++;
      if (!data.every((byte) => byte === (received & 0x7f))) wrong++;
      if (++received === 3000) done.resolve();
    });

    for (let i = 0; i < 3000; i++) {
      const entry = { length: next(), binary: i % 3 === 0 };

      expected.push(entry);
      peer.send(
        entry.binary ? BINARY : TEXT,
        Buffer.alloc(entry.length, i & 0x7f)
      );
    }

    await done.promise;
    trace.note('ws', 'received', received, wrong);
  }
);

scenario(
  '6.4, 5.22: both directions at once, with pauses',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();
    const next = numbers(30000);
    const done = defer();
    let sent = 0;
    let received = 0;
    let bytes = 0;

    server.on('message', (data, isBinary) => {
      server.send(data, { binary: isBinary });

      if (data.length % 7 === 0) {
        server.pause();
        setImmediate(() => server.resume());
      }
    });
    client.on('message', (data) => {
      received++;
      bytes -= data.length;
      if (received === 1000) done.resolve();
    });

    while (sent < 1000) {
      const length = next();

      bytes += length;
      client.send(Buffer.alloc(length));
      if (++sent % 50 === 0) await tools.turns(1);
    }

    await done.promise;
    trace.note('client', 'echoed', received, bytes);
  }
);

scenario(
  '5.22: one slow reader does not stop the others',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const slow = await tools.dialWebSocket(port);

    slow.socket.pause();

    const quick = await tools.dialWebSocket(port);

    for (const ws of wss.clients) {
      tools.own(ws);
      ws.send(Buffer.alloc(STUCK));
      ws.send('behind');
    }

    await quick.until(() => quick.socket.bytesRead > STUCK);
    trace.note('quick', 'frames', (await quick.frames(2)).length);
    trace.note('slow', 'reads', slow.socket.bytesRead < STUCK);
  }
);

compare(__filename);
