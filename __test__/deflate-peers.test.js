'use strict';

// Compressed messages, exchanged with other implementations in both roles.
// What is not installed is left out.

const assert = require('assert');
const { spawn, spawnSync } = require('child_process');
const crypto = require('crypto');
const { once } = require('events');
const fs = require('fs');
const path = require('path');
const { describe, it } = require('node:test');

const WebSocket = require('..');

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const PYTHON = process.env.PYTHON || 'python3';

const transport = process.env.OXWS_TRANSPORT || 'lane';
const [nodeMajor] = process.versions.node.split('.').map(Number);

/** Settings of the server, by what they are. */
const SETTINGS = {
  'with context takeover': {},
  'without context takeover': {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    threshold: 0
  },
  'with small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }
};

const SENTENCE = 'Messages that resemble each other take little room. ';

/** From nothing to more than what is compressed at a time. */
const MESSAGES = [
  'short',
  '',
  'größer',
  SENTENCE,
  SENTENCE.repeat(3),
  Buffer.alloc(0),
  crypto.randomBytes(5000),
  Buffer.from(SENTENCE.repeat(20000)),
  SENTENCE.repeat(700),
  crypto.randomBytes(100000),
  SENTENCE
];

/**
 * Sends messages to a peer that echoes them.
 *
 * @param {WebSocket} ws The connection
 * @param {Boolean} compresses Whether the peer compresses what it sends
 */
async function exchange(ws, compresses) {
  const received = [];

  assert.match(ws.extensions, /^permessage-deflate/);

  ws.on('message', (data, isBinary) => received.push([data, isBinary]));
  for (const message of MESSAGES) ws.send(message);
  while (received.length < MESSAGES.length) await once(ws, 'message');

  received.forEach(([data, isBinary], i) => {
    assert.strictEqual(isBinary, typeof MESSAGES[i] !== 'string');
    assert.ok(data.equals(Buffer.from(MESSAGES[i])), `message ${i}`);
  });

  const plain = received.reduce((sum, [data]) => sum + data.length, 0);
  const { bytesRead, bytesWritten } = ws._socket;

  assert.ok(bytesWritten < plain / 5, `${bytesWritten} bytes written`);
  assert.strictEqual(bytesRead < plain / 5, compresses, `${bytesRead} read`);
}

/**
 * Serves one client that echoes.
 *
 * @param {Object} settings Settings of permessage-deflate
 * @param {Boolean} compresses Whether the client compresses
 * @param {Function} start Starts the client; given the URL
 */
async function serve(settings, compresses, start) {
  const server = new WebSocket.WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: settings
  });

  await once(server, 'listening');

  const connected = once(server, 'connection');

  try {
    await start(`ws://127.0.0.1:${server.address().port}`);

    const [ws] = await connected;
    const closed = once(ws, 'close');

    await exchange(ws, compresses);
    ws.close(1000);
    assert.strictEqual((await closed)[0], 1000);
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}

/**
 * Starts a program that is ended with the test.
 *
 * @param {TestContext} test The test
 * @param {String} file The program
 * @param {String[]} args Its arguments
 * @return {ChildProcess} The process
 */
function start(test, file, args) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });

  test.after(() => child.kill());
  return child;
}

function nodeArguments(url) {
  const flags = nodeMajor < 22 ? ['--experimental-websocket'] : [];

  return [...flags, path.join(__dirname, 'peers/echo.mjs'), url];
}

const hasPython = spawnSync(PYTHON, ['-c', 'import websockets']).status === 0;
const skipPython = !hasPython && 'the package websockets is not installed';
const skipNode = nodeMajor < 20 && 'Node.js has no WebSocket before 20';
const skipChromium =
  (nodeMajor < 20 && 'playwright-core needs Node.js 20') ||
  (!fs.existsSync(CHROMIUM) && 'Chromium is not installed');
const echo = path.join(__dirname, 'peers/echo.py');
const options = { timeout: 60000 };

describe(`permessage-deflate with other implementations, ${transport}`, () => {
  for (const [name, settings] of Object.entries(SETTINGS)) {
    it(
      `a client in Python, ${name}`,
      { ...options, skip: skipPython },
      (test) =>
        serve(settings, true, (url) =>
          start(test, PYTHON, [echo, 'connect', url])
        )
    );

    it(
      `a server in Python, ${name}`,
      { ...options, skip: skipPython },
      async (test) => {
        const child = start(test, PYTHON, [echo, 'serve']);
        const [port] = await once(child.stdout, 'data');
        const ws = new WebSocket(`ws://127.0.0.1:${Number(port)}`, {
          perMessageDeflate: settings
        });

        await once(ws, 'open');
        await exchange(ws, true);

        const closed = once(ws, 'close');

        ws.close(1000);
        assert.strictEqual((await closed)[0], 1000);
      }
    );

    it(
      `the client of Node.js, ${name}`,
      { ...options, skip: skipNode },
      (test) =>
        // It does not compress what it sends.
        serve(settings, false, (url) =>
          start(test, process.execPath, nodeArguments(url))
        )
    );

    it(
      `Chromium, ${name}`,
      { ...options, skip: skipChromium },
      async (test) => {
        const { chromium } = require('playwright-core');
        const browser = await chromium.launch({
          args: ['--disable-gpu', '--no-sandbox'],
          executablePath: CHROMIUM
        });

        test.after(() => browser.close());

        const page = await browser.newPage();

        await serve(settings, true, (url) =>
          page.evaluate((url) => {
            const ws = new globalThis.WebSocket(url);

            ws.binaryType = 'arraybuffer';
            ws.onmessage = ({ data }) => ws.send(data);
          }, url)
        );
      }
    );
  }
});
