'use strict';

// What oxws is expected to do in any runtime, without a test runner of that
// runtime: prints one line a check, `ok` or `not ok`, and its name.

const assert = require('assert');
const { once } = require('events');
const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const os = require('os');
const path = require('path');
const { Worker } = require('worker_threads');

const WebSocket = require('../..');

// Not `__dirname`: this file may be in a bundle.
const root = process.cwd();
const fixtures = path.join(root, '__test__', 'fixtures');
const LIMIT = 10000;

const echo = (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
};

/**
 * Serves an echo on a server of its own and connects to it.
 *
 * @param {Object} [serverOptions] Options of the server
 * @param {Object} [clientOptions] Options of the client
 * @return {Promise<Object>} The server and both ends
 */
async function open(serverOptions, clientOptions) {
  const wss = new WebSocket.Server({
    host: '127.0.0.1',
    port: 0,
    ...serverOptions
  });

  await once(wss, 'listening');

  const connection = once(wss, 'connection');
  const ws = new WebSocket(
    `ws://127.0.0.1:${wss.address().port}`,
    clientOptions
  );

  await once(ws, 'open');

  const [server] = await connection;

  echo(server);
  return { wss, ws, server };
}

/** Sends something and checks that it comes back. */
async function checkEcho(ws, data) {
  ws.send(data);

  const [answer, isBinary] = await once(ws, 'message');

  assert.ok(Buffer.from(data).equals(answer));
  assert.strictEqual(isBinary, typeof data !== 'string');
}

/** Shuts hands, and with them the server. */
async function end(ws, wss) {
  const closed = once(ws, 'close');

  ws.close(1000, 'bye');

  const [code, reason] = await closed;

  assert.strictEqual(code, 1000);
  assert.strictEqual(String(reason), 'bye');
  await new Promise((resolve) => wss.close(resolve));
}

/** Checks an echo over an HTTP server, however it and the client are made. */
async function checkServer(server, url, options, listen) {
  const wss = new WebSocket.Server({ server });

  wss.on('connection', echo);
  server.listen(...listen);
  await once(server, 'listening');

  const ws = new WebSocket(url(server.address()), options);

  await once(ws, 'open');
  await checkEcho(ws, 'text');
  await checkEcho(ws, Buffer.alloc(300000, 'b'));
  await end(ws, wss);
  server.close();
}

const checks = {
  async 'text and binary messages'() {
    const { ws, wss } = await open();

    for (const length of [0, 1, 125, 126, 65535, 65536, 2000000]) {
      await checkEcho(ws, 'a'.repeat(length));
      await checkEcho(ws, Buffer.alloc(length, 'b'));
    }
    await end(ws, wss);
  },

  async 'many messages at once, in order'() {
    const { ws, wss } = await open();
    let next = 0;

    for (let i = 0; i < 5000; i++) ws.send(`${i}`);
    await new Promise((resolve, reject) => {
      ws.on('message', (data) => {
        if (String(data) !== `${next++}`) reject(new Error(`got ${data}`));
        if (next === 5000) resolve();
      });
    });
    await end(ws, wss);
  },

  async 'compressed messages'() {
    const settings = { perMessageDeflate: { threshold: 0 } };
    const { ws, wss } = await open(settings, settings);

    assert.strictEqual(ws.extensions, 'permessage-deflate');
    await checkEcho(ws, 'text '.repeat(1000));
    await checkEcho(ws, Buffer.alloc(500000, 'b'));
    await end(ws, wss);
  },

  async 'fragments and all binary types'() {
    const { ws, wss, server } = await open();

    server.removeAllListeners('message');
    server.binaryType = 'fragments';
    ws.send(Buffer.from('ab'), { fin: false });
    ws.send(Buffer.from('cd'));

    const [fragments] = await once(server, 'message');

    assert.deepStrictEqual(fragments.map(String), ['ab', 'cd']);

    for (const [type, toBuffer] of [
      ['arraybuffer', (data) => Buffer.from(data)],
      ['blob', async (data) => Buffer.from(await data.arrayBuffer())],
      ['nodebuffer', (data) => data]
    ]) {
      server.binaryType = type;
      ws.send(new Blob(['blob']));

      const [data] = await once(server, 'message');

      assert.strictEqual(String(await toBuffer(data)), 'blob');
    }
    await end(ws, wss);
  },

  async 'pings and pongs'() {
    const { ws, wss, server } = await open();
    const events = Promise.all([once(server, 'ping'), once(ws, 'pong')]);

    ws.ping('there?');
    for (const [data] of await events) {
      assert.strictEqual(String(data), 'there?');
    }
    await end(ws, wss);
  },

  async heartbeat() {
    const { ws, wss } = await open(
      { heartbeat: { interval: 50, timeout: 50 } },
      { autoPong: false }
    );
    const [code] = await once(ws, 'close');

    assert.strictEqual(code, 1006);
    await new Promise((resolve) => wss.close(resolve));
  },

  async 'pause, resume and terminate'() {
    const { ws, wss, server } = await open();

    ws.pause();
    server.send('later');
    ws.once('message', () => assert.ok(!ws.isPaused));
    await new Promise((resolve) => setTimeout(resolve, 50));
    ws.resume();
    await once(ws, 'message');
    server.terminate();
    assert.strictEqual((await once(ws, 'close'))[0], 1006);
    await new Promise((resolve) => wss.close(resolve));
  },

  async 'errors of the peer'() {
    const { ws, wss, server } = await open();
    const failed = once(server, 'error');
    const closed = once(ws, 'close');

    ws._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    assert.strictEqual((await failed)[0].code, 'WS_ERR_INVALID_OPCODE');
    assert.strictEqual((await closed)[0], 1002);
    await new Promise((resolve) => wss.close(resolve));
  },

  async 'refused handshakes'() {
    const server = http.createServer();
    const wss = new WebSocket.Server({ server, verifyClient: () => false });

    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
    const [, response] = await once(ws, 'unexpected-response');

    assert.strictEqual(response.statusCode, 401);
    ws.on('error', () => {});
    ws.terminate();
    wss.close();
    server.close();
  },

  async 'upgrade of an HTTP server'() {
    await checkServer(
      http.createServer(),
      ({ port }) => `ws://127.0.0.1:${port}`,
      {},
      [0, '127.0.0.1']
    );
  },

  async 'upgrade after an await'() {
    const server = http.createServer();
    const wss = new WebSocket.Server({ noServer: true });

    server.on('upgrade', async (request, socket, head) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      wss.handleUpgrade(request, socket, head, echo);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}`);

    ws.on('open', () => ws.send('early'));
    assert.strictEqual(String((await once(ws, 'message'))[0]), 'early');
    await end(ws, wss);
    server.close();
  },

  async TLS() {
    await checkServer(
      https.createServer({
        cert: fs.readFileSync(path.join(fixtures, 'certificate.pem')),
        key: fs.readFileSync(path.join(fixtures, 'key.pem'))
      }),
      ({ port }) => `wss://127.0.0.1:${port}`,
      { rejectUnauthorized: false },
      [0, '127.0.0.1']
    );
  },

  async 'Unix sockets'() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));
    const name = path.join(directory, 'socket');

    try {
      await checkServer(
        http.createServer(),
        () => `ws+unix://${name}:/path`,
        {},
        [name]
      );
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  },

  async createConnection() {
    const options = {
      createConnection: ({ port, host }) => net.connect(port, host)
    };
    const { ws, wss } = await open({}, options);

    await checkEcho(ws, 'text');
    await end(ws, wss);
  },

  async createWebSocketStream() {
    const { ws, wss } = await open();
    const duplex = WebSocket.createWebSocketStream(ws, { encoding: 'utf8' });

    duplex.write('through a stream');
    assert.strictEqual((await once(duplex, 'data'))[0], 'through a stream');
    duplex.end();
    await once(ws, 'close');
    await new Promise((resolve) => wss.close(resolve));
  },

  async 'listeners of browsers'() {
    const { ws, wss } = await open();

    ws.send('text');

    const event = await new Promise((resolve) => {
      ws.addEventListener('message', resolve, { once: true });
    });

    assert.strictEqual(event.data, 'text');
    await end(ws, wss);
  },

  async 'ECMAScript modules'() {
    const names = Object.keys(await import('../../wrapper.mjs'));

    assert.ok(names.includes('WebSocketServer'), names.join());
  },

  async 'worker threads'() {
    const { wss } = await open();

    wss.on('connection', echo);

    const worker = new Worker(
      `const { parentPort, workerData } = require('worker_threads');
      const WebSocket = require(workerData.root);
      const ws = new WebSocket(workerData.url);
      ws.on('open', () => ws.send('from a worker'));
      ws.on('message', (data) => {
        parentPort.postMessage(String(data));
        ws.close();
      });`,
      {
        eval: true,
        workerData: { root, url: `ws://127.0.0.1:${wss.address().port}` }
      }
    );

    assert.strictEqual((await once(worker, 'message'))[0], 'from a worker');
    await worker.terminate();
    for (const ws of wss.clients) ws.terminate();
    await new Promise((resolve) => wss.close(resolve));
  }
};

async function main() {
  console.log(`checks: ${Object.keys(checks).length}`);

  const { ws, wss, server } = await open();

  for (const [side, { _socket }] of Object.entries({ client: ws, server })) {
    const onLane = _socket._handle && _socket._handle.fd === -1;

    console.log(`transport of the ${side}: ${onLane ? 'lane' : 'stream'}`);
  }
  await end(ws, wss);

  for (const [name, check] of Object.entries(checks)) {
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no end')), LIMIT);
    });

    try {
      await Promise.race([check(), limit]);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name}`);
      console.error(error);
    }
    clearTimeout(timer);
  }

  process.exit();
}

main();
