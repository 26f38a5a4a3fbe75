'use strict';

// A raw client in a thread of its own that answers pings a little late. See
// heartbeat.test.js.

const net = require('net');
const { workerData } = require('worker_threads');

const { OPCODES } = require('./frames');
const { requestHead } = require('./raw-handshake');
const { RawPeer } = require('./raw-peer');

const { delay, port, state } = workerData;

async function main() {
  const peer = new RawPeer(net.connect(port, '127.0.0.1'), true);

  peer.write(Buffer.from(requestHead()));
  await peer.head();

  for (;;) {
    const [{ opcode, payload }] = await peer.frames(1);

    if (opcode !== OPCODES.PING) continue;

    Atomics.add(state, 0, 1);
    setTimeout(() => peer.send(OPCODES.PONG, payload), delay);
  }
}

// It ends when the test is over and the connection closed.
main().catch(() => {});
