'use strict';

const assert = require('assert');
const { once } = require('events');
const fs = require('fs');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');
const { Worker } = require('worker_threads');

const WebSocket = require('..');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const WORKERS = 4;

/** How many workers are terminated under load in all. */
const TERMINATED = Number(process.env.OXWS_TEST_WORKERS) || 12;

/** Threads that Node keeps for the next worker. */
const SPARE_THREADS = 4;

/** @return {Object} What this process has, as far as `/proc` tells */
function countResources() {
  const count = (directory) => {
    const path = `/proc/self/${directory}`;

    return fs.existsSync(path) ? fs.readdirSync(path).length : 0;
  };

  return { threads: count('task'), descriptors: count('fd') };
}

describe('worker threads', { timeout: 60000 + 500 * TERMINATED }, () => {
  let tools;

  beforeEach(() => {
    tools = new Tools(WebSocket, new Trace());
  });

  afterEach(() => tools.cleanUp());

  /**
   * Starts a worker.
   *
   * @param {Object} workerData See support/busy-worker.js
   * @return {Worker} The worker
   */
  function start(workerData) {
    const worker = new Worker(
      path.join(__dirname, 'support', 'busy-worker.js'),
      { stderr: true, workerData }
    );

    worker.on('error', () => {});
    return worker;
  }

  /** Checks that WebSockets work in this thread. */
  async function checkThisThread() {
    const { client, server } = await tools.pair();

    server.on('message', (data) => server.send(data));
    client.send('hello');

    const [data] = await tools.event(client, 'message');

    assert.strictEqual(String(data), 'hello');
    client.close();
    await tools.event(client, 'close');
  }

  it('may have connections of their own at the same time', async () => {
    const workers = Array.from({ length: WORKERS }, () =>
      start({ clients: 4 })
    );

    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await checkThisThread();

    const exits = workers.map((worker) => once(worker, 'exit'));

    for (const worker of workers) worker.postMessage('stop');
    for (const [code] of await Promise.all(exits)) assert.strictEqual(code, 0);
  });

  it('may be terminated under load', async () => {
    await checkThisThread();

    const before = countResources();

    for (let ended = 0; ended < TERMINATED; ended += WORKERS) {
      const workers = Array.from({ length: WORKERS }, () =>
        start({ clients: 8 })
      );

      await Promise.all(
        workers.map(async (worker, i) => {
          await once(worker, 'message');
          await tools.delay(5 * i);
          await worker.terminate();
        })
      );
    }

    const after = countResources();

    assert.ok(
      after.threads <= before.threads + SPARE_THREADS &&
        after.descriptors <= before.descriptors,
      `${JSON.stringify(before)} have become ${JSON.stringify(after)}`
    );
    await checkThisThread();
  });

  it('may be terminated at any moment', async () => {
    for (let ms = 0; ms < 100; ms += 10) {
      const worker = start({ clients: 4 });

      await tools.delay(ms);
      await worker.terminate();
    }

    await checkThisThread();
  });

  it('may end in a listener', async () => {
    const worker = start({ clients: 4, exit: 7 });
    const [code] = await once(worker, 'exit');

    assert.strictEqual(code, 7);
    await checkThisThread();
  });

  it('may end by an uncaught exception of a listener', async () => {
    const worker = start({ clients: 4, throws: true });
    const [error] = await once(worker, 'error');

    assert.strictEqual(error.constructor, RangeError);
    assert.strictEqual(error.message, 'thrown by a listener');
    await checkThisThread();
  });

  it('take their connections to other threads with them', async () => {
    const { wss, url } = await tools.serve();
    const closed = [];

    wss.on('connection', (ws) => {
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      closed.push(once(ws, 'close'));
    });

    const worker = start({ clients: 8, url });

    await once(worker, 'message');
    await worker.terminate();

    for (const [code] of await Promise.all(closed)) {
      assert.strictEqual(code, 1006);
    }

    await checkThisThread();
  });

  it('work again after all of them have ended', async () => {
    for (let i = 0; i < 3; i++) {
      const worker = start({ clients: 1 });

      await once(worker, 'message');
      worker.postMessage('stop');

      const [code] = await once(worker, 'exit');

      assert.strictEqual(code, 0);
    }

    await checkThisThread();
  });
});
