'use strict';

// The examples in the README of ws, taken from there as they are, run with the
// package installed under the name of ws. Their peers are made with ws itself.

const assert = require('assert');
const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { after, afterEach, before, describe, it } = require('node:test');
const WebSocket = require('ws');

const { npm, pack, packPlatform, root } = require('./support/packages');
const { Program } = require('./support/program');
const { adapt, findBlocks, toCommonJs } = require('./support/readme');

const fixture = (name) => path.join(__dirname, 'fixtures', name);
const blocks = findBlocks(
  fs.readFileSync(
    require.resolve('ws/package.json').replace('package.json', 'README.md'),
    'utf8'
  )
);

/** As CommonJS and as ECMAScript modules, side by side. */
const EXTENSIONS = ['cjs', 'mjs'];

/** Limit for each. */
const soon = { timeout: 20000 };

let cleanups = [];

/**
 * Starts a server that the examples of clients connect to.
 *
 * @param {Object} [options] Its options
 * @return {Promise<WebSocket.Server>} The server
 */
async function serve(options) {
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0, ...options });

  cleanups.push(() => {
    for (const ws of wss.clients) ws.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  return wss;
}

/**
 * Connects a client.
 *
 * @param {String} url Where to
 * @param {Object} [options] Its options
 * @return {Promise<WebSocket>} The client
 */
async function connect(url, options) {
  const ws = new WebSocket(url, options);

  cleanups.push(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

/** Connects a client and waits for its first message. */
async function receive(url, options) {
  const ws = new WebSocket(url, options);

  cleanups.push(() => ws.terminate());

  const [data] = await once(ws, 'message');

  return { ws, text: String(data) };
}

/** What the examples of servers have to do. */
const servers = {
  async 'WebSocket compression'(program) {
    const ws = await connect(await program.url());

    assert.strictEqual(ws.extensions, 'permessage-deflate');
  },

  async 'Simple server'(program) {
    const { ws, text } = await receive(await program.url());

    assert.strictEqual(text, 'something');
    ws.send('from the test');
    await program.prints(/received: from the test/);
  },

  async 'External HTTP/S server'(program) {
    const url = (await program.url()).replace('ws:', 'wss:');
    const { ws, text } = await receive(url, { rejectUnauthorized: false });

    assert.strictEqual(text, 'something');
    ws.send('from the test');
    await program.prints(/received: from the test/);
  },

  async 'Multiple servers sharing a single HTTP/S server'(program) {
    const url = await program.url();

    await Promise.all([connect(`${url}/foo`), connect(`${url}/bar`)]);
    await assert.rejects(connect(url), /socket hang up/);
  },

  async 'Client authentication'(program) {
    const url = await program.url();
    const ws = await connect(url, { headers: { 'X-Client': 'Ada' } });

    ws.send('from the test');
    await program.prints(/Received message from the test from user Ada/);
    await assert.rejects(connect(url), /Unexpected server response: 401/);
  },

  async 'Server broadcast'(program) {
    const url = await program.url();
    const clients = await Promise.all([connect(url), connect(url)]);
    const messages = clients.map((ws) => once(ws, 'message'));

    clients[0].send('to all');
    for (const [data] of await Promise.all(messages)) {
      assert.strictEqual(String(data), 'to all');
    }
  },

  async 'Server broadcast 2'(program) {
    const url = await program.url();
    const [sender, other] = await Promise.all([connect(url), connect(url)]);
    const message = once(other, 'message');

    sender.on('message', () => assert.fail('the sender got it, too'));
    sender.send(Buffer.from('to the others'));
    assert.strictEqual(String((await message)[0]), 'to the others');
  },

  async 'How to get the IP address of the client?'(program) {
    await connect(await program.url());
  },

  async 'How to get the IP address of the client? 2'(program) {
    await connect(await program.url(), {
      headers: { 'X-Forwarded-For': '192.0.2.1, 192.0.2.2' }
    });
  },

  async 'How to detect and close broken connections?'(program) {
    const url = await program.url();
    const alive = await connect(url);
    const broken = await connect(url, { autoPong: false });
    const [code] = await once(broken, 'close');

    assert.strictEqual(code, 1006);
    assert.strictEqual(alive.readyState, WebSocket.OPEN);
  }
};

/** What the examples of clients have to do. */
const clients = {
  async 'WebSocket compression 2'(program, wss) {
    const [, request] = await once(wss, 'connection');

    assert.strictEqual(request.headers['sec-websocket-extensions'], undefined);
  },

  async 'Sending and receiving text data'(program, wss) {
    const [ws] = await once(wss, 'connection');
    const [data, isBinary] = await once(ws, 'message');

    assert.strictEqual(String(data), 'something');
    assert.strictEqual(isBinary, false);
    ws.send('from the test');
    await program.prints(/received: from the test/);
  },

  async 'Sending binary data'(program, wss) {
    const [ws] = await once(wss, 'connection');
    const [data] = await once(ws, 'message');

    assert.deepStrictEqual(
      [0, 4, 8, 12, 16].map((at) => data.readFloatLE(at)),
      [0, 0.5, 1, 1.5, 2]
    );
  },

  async 'Round-trip time'(program, wss) {
    const [ws] = await once(wss, 'connection');

    ws.on('message', (data) => ws.send(String(data)));
    await program.prints(/connected\n(Round-trip time: \d+ ms\n){2}/);
    ws.close();
    await program.prints(/disconnected/);
  },

  async 'Use the Node.js streams API'(program, wss) {
    const [ws] = await once(wss, 'connection');
    const message = once(ws, 'message');

    program.child.stdin.write('from stdin');
    assert.strictEqual(String((await message)[0]), 'from stdin');
    ws.send('to stdout');
    await program.prints(/to stdout/);
  },

  async 'How to detect and close broken connections? 2'(program, wss) {
    const [ws] = await once(wss, 'connection');
    const start = Date.now();

    ws.ping();
    assert.strictEqual((await once(ws, 'close'))[0], 1006);
    assert.ok(Date.now() - start > 1100);
  }
};

describe('examples in the README of ws', { timeout: 120000 }, () => {
  let directory;

  before(async () => {
    directory = fs.realpathSync(
      fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'))
    );

    const { filename } = await pack(root, directory);

    fs.writeFileSync(path.join(directory, 'package.json'), '{}');
    await npm(
      directory,
      'install',
      '--offline',
      `ws@${filename}`,
      await packPlatform(directory)
    );
  });

  after(() => fs.rmSync(directory, { recursive: true }));

  afterEach(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    cleanups = [];
  });

  /** Starts a block, given the server for it if it is a client. */
  function start(name, extension, wss) {
    const code = adapt(name, blocks[name], {
      cert: fixture('certificate.pem'),
      key: fixture('key.pem'),
      url: wss && `ws://127.0.0.1:${wss.address().port}`
    });
    const file = path.join(directory, `example.${extension}`);

    fs.writeFileSync(file, extension === 'cjs' ? toCommonJs(code) : code);

    const program = new Program(file);

    cleanups.push(() => program.stop());
    return program;
  }

  it('are all known here', () => {
    assert.deepStrictEqual(
      Object.keys(blocks).sort(),
      [...Object.keys(servers), ...Object.keys(clients)].sort()
    );
  });

  for (const [name, check] of Object.entries(servers)) {
    it(name, soon, () =>
      Promise.all(EXTENSIONS.map((extension) => check(start(name, extension))))
    );
  }

  for (const [name, check] of Object.entries(clients)) {
    it(name, soon, () =>
      Promise.all(
        EXTENSIONS.map(async (extension) => {
          const wss = await serve();

          await check(start(name, extension, wss), wss);
        })
      )
    );
  }
});
