'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const { BINARY, CONTINUATION, PING, TEXT } = OPCODES;

/**
 * @param {RawPeer} peer The peer
 * @param {...String} pieces Payloads of the fragments
 * @return {Buffer} A fragmented binary message
 */
function fragmented(peer, ...pieces) {
  return Buffer.concat(
    pieces.map((piece, i) =>
      peer.frame(i === 0 ? BINARY : CONTINUATION, piece, {
        fin: i === pieces.length - 1
      })
    )
  );
}

for (const type of ['nodebuffer', 'arraybuffer', 'fragments', 'blob']) {
  onBothSides(
    `6.2, 8.17: binaryType ${type}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const blobs = [];

      ws.binaryType = type;
      trace.watch('ws', ws);
      ws.on('message', (data) => {
        if (data instanceof Blob) blobs.push(data);
        if (Array.isArray(data)) trace.note('ws', 'parts', data.length);
      });
      peer.write(
        peer.frame(BINARY, 'one'),
        peer.frame(BINARY, ''),
        fragmented(peer, 'a', 'b', '', 'c'),
        fragmented(peer, '', ''),
        fragmented(peer, '', 'x'),
        peer.frame(BINARY, Buffer.alloc(100000, 7)),
        fragmented(peer, 'y'.repeat(70000), 'z'),
        peer.frame(TEXT, 'text'),
        peer.closeFrame(1000)
      );
      await tools.event(ws, 'close');

      for (const blob of blobs) {
        trace.note('blobs', blob.type, await blob.arrayBuffer());
      }
    }
  );
}

onBothSides(
  '2.7: binaryType counts for the next message delivered',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const types = ['arraybuffer', 'fragments', 'nodebuffer'];

    trace.watch('ws', ws);
    ws.on('message', () => {
      if (types.length) ws.binaryType = types.shift();
    });

    const messages = [1, 2, 3, 4].map((i) =>
      peer.frame(BINARY, `message ${i}`)
    );

    peer.write(...messages, peer.closeFrame());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.2: an ArrayBuffer is exactly as long as its message',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.binaryType = 'arraybuffer';
    ws.on('message', (data) => {
      trace.note('ws', 'lengths', data.byteLength, data instanceof ArrayBuffer);
    });

    const lengths = [0, 1, 16, 4096, 65535, 65536, 300000];

    peer.write(
      ...lengths.map((length) => peer.frame(BINARY, Buffer.alloc(length))),
      peer.closeFrame()
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.13: payloads stay as they are',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const kept = [];

    ws.on('message', (data) => kept.push(data));
    ws.on('ping', (data) => kept.push(data));
    ws.on('close', (code, reason) => kept.push(reason));

    for (let i = 0; i < 50; i++) {
      peer.send(BINARY, `small ${i}`);
      peer.send(BINARY, Buffer.alloc(20000, i));
      peer.send(PING, `ping ${i}`);
      if (i % 10 === 0) await tools.turns(1);
    }

    peer.write(peer.closeFrame(1000, 'reason'));
    await tools.event(ws, 'close');
    trace.note('ws', 'kept', ...kept);
  }
);

onBothSides(
  '6.13: payloads may be written to',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const kept = [];

    ws.on('message', (data) => {
      data.fill(0x2a);
      kept.push(data);
    });
    peer.write(
      peer.frame(BINARY, 'one'),
      peer.frame(BINARY, 'two'),
      peer.frame(TEXT, 'three'),
      peer.closeFrame(1000, 'reason')
    );
    trace.note('ws', 'close', ...(await tools.event(ws, 'close')));
    trace.note('ws', 'kept', ...kept);
  }
);

compare(__filename);
