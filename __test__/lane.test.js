'use strict';

const assert = require('assert');
const os = require('os');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');
const { Worker } = require('worker_threads');

// Before anything else uses it: every call of the addon is counted.
const binding = require('../lib/binding.js');

let calls = 0;

for (const [name, value] of Object.entries(binding)) {
  if (typeof value !== 'function' || /^[A-Z]/.test(name)) continue;

  binding[name] = (...values) => {
    calls++;
    return value(...values);
  };
}

const WebSocket = require('..');
const { OPCODES } = require('./support/frames');
const { laneThreads } = require('./support/lane-threads');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const MESSAGES = 10000;

/** As many calls as a thousand messages may cost; one a message is a thousand. */
const CALLS_PER_THOUSAND = 20;

/** Milliseconds that JavaScript is busy at least. */
const BUSY = 100;

/** Milliseconds after which nothing is waited for any more. */
const PATIENCE = 5000;

/** What the thread of the peer and this one tell each other. */
const BLOCKED = 0;
const ANSWERS = 1;

describe(
  'lanes',
  {
    skip:
      (process.platform === 'win32' && 'there are none on Windows') ||
      (process.env.OXWS_TRANSPORT === 'stream' && 'they are switched off')
  },
  () => {
    let tools;

    beforeEach(() => {
      tools = new Tools(WebSocket, new Trace());
    });

    afterEach(() => tools.cleanUp());

    it('make no native call for each received message', async () => {
      const { ws, peer } = await tools.openServer();
      const frame = peer.frame(
        OPCODES.BINARY,
        'thirty-two bytes of a message...'
      );
      const bytes = Buffer.alloc(MESSAGES * frame.length, frame);
      let received = 0;
      const done = new Promise((resolve) => {
        ws.on('message', () => {
          if (++received === MESSAGES) resolve();
        });
      });

      calls = 0;
      peer.socket.write(bytes);
      await done;
      assert.ok(calls > 0, 'the lane was not used');
      assert.ok(
        calls <= (MESSAGES / 1000) * CALLS_PER_THOUSAND,
        `${calls} calls for ${MESSAGES} messages`
      );
    });

    it('make no native call for each sent message', async () => {
      const { ws, peer } = await tools.openServer();

      calls = 0;

      for (let i = 0; i < MESSAGES; i++) {
        ws.send('thirty-two bytes of a message...');
        if (i % 100 === 99) await tools.turns(1);
      }

      await peer.until(() => peer.socket.bytesRead >= MESSAGES * 34);
      assert.ok(
        calls <= (MESSAGES / 1000) * CALLS_PER_THOUSAND,
        `${calls} calls for ${MESSAGES} messages`
      );
    });

    it('make no native call for each echoed message', async () => {
      const { ws, peer } = await tools.openServer();
      const frame = peer.frame(OPCODES.TEXT, 'echo');

      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      calls = 0;
      peer.socket.write(Buffer.alloc(MESSAGES * frame.length, frame));
      await peer.until(() => peer.socket.bytesRead >= MESSAGES * 6);
      assert.ok(
        // Two more every 32 messages if the machine is so busy that the listener
        // seems to be slow.
        calls <= 5 * (MESSAGES / 1000) * CALLS_PER_THOUSAND,
        `${calls} calls for ${MESSAGES} messages`
      );
    });

    // The peer may be of this process, and its lane the faster one.
    it('are not waited for when nothing is left to write before the end', async () => {
      const { ws } = await tools.openServer();
      let finished = false;

      ws._socket.on('finish', () => {
        finished = true;
      });
      ws._socket.end();
      await tools.turns(1);
      assert.ok(finished);
    });

    // Each of them would interrupt JavaScript at every message.
    it(
      'are nicer than JavaScript',
      { skip: process.platform !== 'linux' && 'threads have no niceness' },
      async () => {
        await tools.openServer();

        // Nineteen is as nice as can be.
        const niceness = Math.min(os.getPriority() + 10, 19);
        const lanes = laneThreads();

        assert.ok(lanes.length > 0);
        for (const id of lanes) {
          assert.strictEqual(os.getPriority(id), niceness);
        }
      }
    );

    it('answer pings while JavaScript is busy', async () => {
      const answers = await whileBusy(tools, 'ping', {});

      assert.ok(answers >= 1, 'no pong in time');
    });

    it('send heartbeats while JavaScript is busy', async () => {
      const answers = await whileBusy(tools, 'count pings', {
        heartbeat: { interval: 20, timeout: PATIENCE }
      });

      assert.ok(answers >= 1, 'no ping in time');
    });
  }
);

/**
 * Keeps JavaScript busy while a peer in another thread waits for answers.
 *
 * @param {Tools} tools The tools
 * @param {String} task What the peer does
 * @param {Object} options Options of the server
 * @return {Promise<Number>} How many answers the peer got during that time
 */
async function whileBusy(tools, task, options) {
  const { wss, port } = await tools.serve(options);
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(path.join(__dirname, 'support', 'busy-peer.js'), {
    workerData: { port, state, task }
  });

  tools.atEnd(() => worker.terminate());

  const [ws] = await tools.event(wss, 'connection');

  tools.own(ws);
  await tools.event(worker, 'message');

  const start = Date.now();
  const spent = () => Date.now() - start;

  Atomics.store(state, BLOCKED, 1);

  while (
    spent() < BUSY ||
    (spent() < PATIENCE && Atomics.load(state, ANSWERS) === 0)
  );

  const answers = Atomics.load(state, ANSWERS);

  Atomics.store(state, BLOCKED, 0);
  return answers;
}
