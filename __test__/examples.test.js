'use strict';

// Every file in examples/ is run as a user runs it; its peers are made with ws.

const assert = require('assert');
const { once } = require('events');
const fs = require('fs');
const path = require('path');
const { afterEach, describe, it } = require('node:test');
const WebSocket = require('ws');

const { Program } = require('./support/program');

const root = path.join(__dirname, '..');
const directory = path.join(root, 'examples');
const fixture = (name) => path.join(__dirname, 'fixtures', name);

const cleanups = [];

/**
 * Starts an example.
 *
 * @param {String} name Its file
 * @param {...String} args Its arguments
 * @return {Program} The running program
 */
function run(name, ...args) {
  const program = new Program(path.join('examples', name), args);

  cleanups.push(() => program.stop());
  return program;
}

/**
 * Connects a client.
 *
 * @param {String} url Where to
 * @param {Object} [options] Options of the WebSocket
 * @return {Promise<{ws: WebSocket, next: Function}>} The WebSocket, and a
 *     function that waits for its next message
 */
async function connect(url, options) {
  const ws = new WebSocket(url, options);
  const messages = [];
  const next = async () => {
    while (messages.length === 0) await once(ws, 'message');
    return messages.shift();
  };

  cleanups.push(() => ws.terminate());
  ws.on('message', (data, isBinary) => {
    messages.push(isBinary ? data : data.toString());
  });

  await once(ws, 'open');
  return { ws, next };
}

/**
 * Starts a server that sends back what it receives.
 *
 * @return {Promise<{url: String, wss: WebSocket.Server}>} The server
 */
async function serveEcho() {
  const wss = new WebSocket.Server({ port: 0 });

  cleanups.push(() => wss.close());
  wss.on('connection', (ws) => {
    cleanups.push(() => ws.terminate());
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });

  await once(wss, 'listening');
  return { url: `ws://localhost:${wss.address().port}`, wss };
}

const tests = {
  async 'authentication.mjs'(name) {
    const program = run(name);
    const url = await program.url();

    await assert.rejects(connect(url), /Unexpected server response: 401/);

    const { ws, next } = await connect(url, {
      headers: { authorization: 'Bearer 1a2b3c' }
    });

    assert.strictEqual(await next(), 'Hello Ada');
    ws.send('How do you do?');
    await program.prints(/received from Ada: How do you do\?/);
  },

  async 'binary.mjs'(name) {
    const { url, wss } = await serveEcho();
    const program = run(name, url);
    const [ws] = await once(wss, 'connection');
    const [data, isBinary] = await once(ws, 'message');
    const numbers = [0, 4, 8, 12, 16].map((at) => data.readFloatLE(at));

    assert.ok(isBinary);
    assert.deepStrictEqual(numbers, [0, 0.5, 1, 1.5, 2]);
    await program.prints(/binary <Buffer 00 00 00 00 00 00 00 3f /);
  },

  async 'broadcast.mjs'(name) {
    const url = await run(name).url();
    const [first, second, third] = await Promise.all([
      connect(url),
      connect(url),
      connect(url)
    ]);

    first.ws.send('text');
    second.ws.send(Buffer.from('binary'));

    assert.strictEqual(await second.next(), 'text');
    assert.deepStrictEqual(await first.next(), Buffer.from('binary'));
    assert.deepStrictEqual(
      new Set([String(await third.next()), String(await third.next())]),
      new Set(['text', 'binary'])
    );
  },

  async 'compression.mjs'(name) {
    const { ws, next } = await connect(await run(name).url());
    const text = 'All work and no play makes Jack a dull boy. '.repeat(100);
    const before = ws._socket.bytesRead;

    assert.strictEqual(ws.extensions, 'permessage-deflate');
    ws.send(text);
    assert.strictEqual(await next(), text);
    assert.ok(ws._socket.bytesRead - before < 200);
  },

  async 'heartbeat.mjs'(name) {
    const program = run(name);
    const url = await program.url();
    const alive = await connect(url);

    await connect(url, { autoPong: false });
    await program.prints(/closed: 1006 \S+/);
    assert.strictEqual(alive.ws.readyState, WebSocket.OPEN);
  },

  async 'heartbeat-by-hand.mjs'(name) {
    const program = run(name);
    const url = await program.url();
    const alive = await connect(url);

    await connect(url, { autoPong: false });
    await program.prints(/closed: 1006/);
    assert.strictEqual(alive.ws.readyState, WebSocket.OPEN);
  },

  async 'https-server.mjs'(name) {
    const files = [fixture('certificate.pem'), fixture('key.pem')];
    const url = await run(name, ...files).url();
    const { ws, next } = await connect(url, { rejectUnauthorized: false });

    ws.send('text');
    assert.strictEqual(await next(), 'text');
  },

  async 'round-trip-time.mjs'(name) {
    const { url } = await serveEcho();
    const program = run(name, url);

    await program.prints(/(Round-trip time: \d+\.\d{3} ms\n){2}/);
  },

  async 'server.mjs'(name) {
    const program = run(name);
    const { ws, next } = await connect(await program.url());

    assert.strictEqual(await next(), 'Hello');
    ws.send('text');
    await program.prints(/received from (::1|(::ffff:)?127\.0\.0\.1): text/);
  },

  async 'shared-server.mjs'(name) {
    const url = await run(name).url();
    const echo = await connect(`${url}/echo?query`);
    const clock = await connect(`${url}/clock`);

    echo.ws.send('text');
    assert.strictEqual(await echo.next(), 'text');
    assert.match(await clock.next(), /^\d{4}-\d\d-\d\dT/);
    await assert.rejects(connect(url), /Unexpected server response: 404/);
  },

  async 'stream.mjs'(name) {
    const { url, wss } = await serveEcho();
    const program = run(name, url);
    const [ws] = await once(wss, 'connection');

    program.child.stdin.write('from standard input\n');
    await program.prints(/from standard input\n/);

    program.child.stdin.end();
    await once(ws, 'close');
    await once(program.child, 'close');
    assert.strictEqual(program.child.exitCode, 0, program.output);
  },

  async 'text.mjs'(name) {
    const { url } = await serveEcho();

    await run(name, url).prints(/received: Hello/);
  }
};

describe('examples', { timeout: 120000 }, () => {
  afterEach(async () => {
    while (cleanups.length) await cleanups.pop()();
  });

  for (const [name, test] of Object.entries(tests)) {
    it(name, { timeout: 20000 }, () => test(name));
  }

  it('all have a test', () => {
    const names = fs
      .readdirSync(directory)
      .filter((name) => name.endsWith('.mjs'));

    assert.deepStrictEqual(names.sort(), Object.keys(tests).sort());
  });

  it('of the README are excerpts of these files', () => {
    const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
    const files = Object.keys(tests).map((name) =>
      fs.readFileSync(path.join(directory, name), 'utf8')
    );
    const excerpts = [...readme.matchAll(/^```js\n(.*?)^```$/gms)];

    assert.ok(excerpts.length > 0);
    for (const [, excerpt] of excerpts) {
      assert.ok(
        files.some((text) => text.includes(excerpt)),
        excerpt
      );
    }
  });
});
