'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { describeFrame } = require('./support/frames');

/** In bytes; what goes to many is treated by its length. */
const LENGTHS = [1, 31, 1000, 1024, 2000, 4096, 5000];

const RECEIVERS = 5;

/**
 * Sends the same objects several times, some of them changed in between.
 *
 * @param {WebSocket[]} sockets Who sends, one after the other
 * @param {Number} length The length of each payload
 * @return {Number} How many frames each of them has sent
 */
function sendRepeatedly(sockets, length) {
  const bytes = Buffer.alloc(length, 'a');
  const text = 'b'.repeat(length);
  const changes = [
    () => bytes,
    () => bytes.fill('c', 0, 1),
    () => bytes.fill('d', length - 1),
    () => text,
    () => text,
    () => bytes.subarray(length >> 1),
    () => bytes.fill('e')
  ];

  for (const change of changes) {
    const data = change();

    for (const ws of sockets) ws.send(data);
    // Every other socket sends it once more.
    for (const ws of sockets.filter((_, i) => i % 2 === 0)) ws.send(data);
  }

  return changes.length;
}

onBothSides(
  '5.3: the same objects again and again',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    for (const length of LENGTHS) {
      const sent = sendRepeatedly([ws], length);

      trace.lines(length, (await peer.frames(2 * sent)).map(describeFrame));
    }
  }
);

scenario('5.3: the same objects to many', async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve();
  const peers = [];

  for (let i = 0; i < RECEIVERS; i++) {
    peers.push(await tools.dialWebSocket(port));
  }

  for (const length of LENGTHS) {
    const sent = sendRepeatedly([...wss.clients], length);

    for (const [i, peer] of peers.entries()) {
      const frames = await peer.frames(i % 2 === 0 ? 2 * sent : sent);

      trace.lines(`${length} to ${i}`, frames.map(describeFrame));
    }
  }
});

compare(__filename);
