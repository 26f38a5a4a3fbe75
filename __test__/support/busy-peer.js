'use strict';

// A raw client in a thread of its own, for tests in which the thread of the
// server is busy. See lane.test.js.

const net = require('net');
const { parentPort, workerData } = require('worker_threads');

const { OPCODES } = require('./frames');
const { requestHead } = require('./raw-handshake');
const { RawPeer } = require('./raw-peer');

const { port, state, task } = workerData;

/** Places in `state`. */
const BLOCKED = 0;
const ANSWERS = 1;

/** Shakes hands, says so, and waits until the other thread is busy. */
async function main() {
  const peer = new RawPeer(net.connect(port, '127.0.0.1'), true);

  peer.write(Buffer.from(requestHead()));
  await peer.head();
  parentPort.postMessage('ready');

  while (Atomics.load(state, BLOCKED) === 0) {
    peer.bytes = Buffer.alloc(0);
    await new Promise(setImmediate);
  }

  if (task === 'ping') peer.send(OPCODES.PING, 'are you there?');

  for (;;) {
    await peer.frames(1);
    if (Atomics.load(state, BLOCKED) === 1) Atomics.add(state, ANSWERS, 1);
  }
}

// It ends when the test is over and the connection closed.
main().catch(() => {});
