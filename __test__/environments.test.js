'use strict';

// Unusual processes: hardened by flags, or with every kind of module in them.

const assert = require('assert');
const { execFile } = require('child_process');
const { once } = require('events');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');
const { promisify } = require('util');
const { Worker } = require('worker_threads');

const WebSocket = require('..');
const { tested } = require('./support/implementations');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const run = promisify(execFile);
const support = (name) => path.join(__dirname, 'support', name);

/** The flag of the permission model in this version of Node, if it has one. */
const permission = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag)
);

const flags = [
  ['--disallow-code-generation-from-strings'],
  ['--frozen-intrinsics'],
  ['--disable-proto=delete'],
  ['--disable-proto=throw'],
  ['--throw-deprecation', '--pending-deprecation'],
  ['--experimental-vm-modules'],
  ['--preserve-symlinks', '--preserve-symlinks-main']
];

if (permission) {
  flags.push(
    [permission, '--allow-addons', '--allow-fs-read=*', '--allow-net'].filter(
      (flag) =>
        flag !== '--allow-net' || process.allowedNodeEnvironmentFlags.has(flag)
    )
  );
}

describe('a process of Node.js', { timeout: 60000 }, () => {
  for (const { name, env } of tested) {
    for (const execArgv of flags) {
      it(`works with ${execArgv.join(' ')} (${name})`, async () => {
        const { stdout } = await run(
          process.execPath,
          [...execArgv, support('echo-program.js')],
          { env: { ...process.env, ...env }, timeout: 20000 }
        );

        assert.strictEqual(stdout, '4,5000,500000 1000 bye\n');
      });
    }
  }
});

describe('modules of every kind in one process', { timeout: 60000 }, () => {
  let tools;

  beforeEach(() => {
    tools = new Tools(WebSocket, new Trace());
  });

  afterEach(() => tools.cleanUp());

  it('have one WebSocket class', async () => {
    const module = await import('oxws');

    assert.strictEqual(module.default, WebSocket);
    assert.strictEqual(module.WebSocketServer, WebSocket.Server);
  });

  it('talk to each other, also from workers', async () => {
    const { wss, url } = await tools.serve();
    const { default: Imported } = await import('oxws');

    wss.on('connection', (ws) => {
      tools.own(ws).on('message', (data) => ws.send(`echo of ${data}`));
    });

    const workers = ['first', 'second'].map(
      (text) =>
        new Worker(support('echo-worker.mjs'), { workerData: { text, url } })
    );
    const answers = workers.map((worker) => once(worker, 'message'));
    const ends = workers.map((worker) => once(worker, 'exit'));
    const ws = tools.own(new Imported(url));

    ws.on('open', () => ws.send('here'));
    answers.push(once(ws, 'message'));

    assert.deepStrictEqual(
      (await Promise.all(answers)).map(([data]) => String(data)),
      ['echo of first', 'echo of second', 'echo of here']
    );
    await Promise.all(ends);
  });
});
