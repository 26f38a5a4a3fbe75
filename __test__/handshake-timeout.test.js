'use strict';

const assert = require('assert');

const { scenario } = require('./support/differential');
const { requestHead } = require('./support/raw-handshake');
const { verify } = require('./support/verify');

/** Milliseconds. */
const TIMEOUT = 150;

/** How much earlier than told timers may be, in milliseconds. */
const TOLERANCE = 5;

/** Keeps JavaScript busy for some milliseconds. */
function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Waits for the response that ends a handshake.
 *
 * @param {RawPeer} peer The client
 * @return {Promise<{status: String, took: Number}>} The status line, and the
 *     milliseconds until then
 */
async function refusal(peer) {
  const start = performance.now();
  const [status] = await peer.head();

  await peer.until(() => peer.ended || peer.closed);
  return { status, took: performance.now() - start };
}

scenario(
  'D2: slowloris, a request that comes byte by byte',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ handshakeTimeout: TIMEOUT });
    const request = Buffer.from(requestHead());
    const peers = [];
    let next = 0;

    for (let i = 0; i < 20; i++) peers.push(await tools.dial(port));

    const timer = setInterval(() => {
      for (const peer of peers) peer.write(request.subarray(next, next + 1));
      next++;
    }, TIMEOUT / 20);

    tools.atEnd(() => clearInterval(timer));

    const responses = await Promise.all(peers.map(refusal));

    clearInterval(timer);
    for (const { status } of responses) {
      assert.strictEqual(status, 'HTTP/1.1 408 Request Timeout');
    }
    assert.strictEqual(wss.clients.size, 0);
  }
);

scenario(
  'D2: a connection on which nothing is sent',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve({ handshakeTimeout: TIMEOUT });
    const { status, took } = await refusal(await tools.dial(port));

    assert.strictEqual(status, 'HTTP/1.1 408 Request Timeout');
    assert.ok(took > TIMEOUT - 50, `${took} ms`);
  }
);

scenario(
  'a connection that is used for other requests meanwhile',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve({ handshakeTimeout: TIMEOUT });
    const peer = await tools.dial(port);

    peer.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    assert.match((await peer.head())[0], /426/);
    await peer.until(() => peer.ended || peer.closed);
    assert.match(peer.bytes.toString('latin1'), /HTTP\/1\.1 408 /);
  }
);

/** Servers that hand an upgrade over in each of the possible ways. */
const SERVERS = {
  port: (tools, options) => tools.serve(options),

  server: async (tools, options, WebSocket) => {
    const { server, port } = await tools.serveHttp();

    return { port, wss: new WebSocket.Server({ server, ...options }) };
  },

  noServer: async (tools, options, WebSocket) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({ noServer: true, ...options });

    server.on('upgrade', (req, socket, head) => {
      wss.handleUpgrade(req, socket, head, (ws) => {
        wss.emit('connection', ws, req);
      });
    });
    return { port, wss };
  }
};

for (const [name, serve] of Object.entries(SERVERS)) {
  scenario(
    `verifyClient takes too long (${name})`,
    async (WebSocket, trace, tools) => {
      let decide;
      const { port, wss } = await serve(
        tools,
        {
          handshakeTimeout: TIMEOUT,
          verifyClient: (info, callback) => {
            decide = callback;
          }
        },
        WebSocket
      );
      let connections = 0;

      wss.on('connection', () => connections++);

      for (const verdict of [true, false]) {
        const peer = await tools.dial(port);

        peer.write(Buffer.from(requestHead()));

        const { status, took } = await refusal(peer);

        assert.strictEqual(status, 'HTTP/1.1 503 Service Unavailable');
        assert.ok(took > TIMEOUT - 50, `${took} ms`);

        // Too late.
        decide(verdict);
        await tools.turns(3);
      }

      assert.strictEqual(connections, 0);
    }
  );

  scenario(
    `the limit ends with the handshake (${name})`,
    async (WebSocket, trace, tools) => {
      const { port, wss } = await serve(
        tools,
        {
          handshakeTimeout: TIMEOUT,
          verifyClient: (info, callback) => setTimeout(callback, 20, true)
        },
        WebSocket
      );
      const peer = await tools.dialWebSocket(port);

      await tools.delay(2 * TIMEOUT);
      assert.strictEqual(wss.clients.size, 1);

      const [ws] = wss.clients;

      tools.own(ws).send('still here');
      assert.strictEqual(
        String((await peer.frames(1))[0].payload),
        'still here'
      );
    }
  );
}

scenario(
  'on a server of others it begins with the upgrade',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp((req, res) => res.end());
    const wss = new WebSocket.Server({ server, handshakeTimeout: TIMEOUT });
    const peer = await tools.dial(port);

    await tools.delay(2 * TIMEOUT);
    peer.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    assert.match((await peer.head())[0], / 200 /);
    await tools.delay(TIMEOUT);
    peer.write(Buffer.from(requestHead()));
    await peer.until(() => peer.bytes.includes('HTTP/1.1 101'));
    assert.strictEqual(wss.clients.size, 1);
  }
);

scenario(
  'a listener of wsClientError that forgets the socket',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ handshakeTimeout: TIMEOUT });

    wss.on('wsClientError', () => {});

    const peer = await tools.dial(port);

    peer.write(
      Buffer.from(requestHead({ headers: { 'Sec-WebSocket-Key': 'bad' } }))
    );
    assert.match((await refusal(peer)).status, / 503 /);
  }
);

scenario(
  'what arrives while JavaScript is busy is not late',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ handshakeTimeout: TIMEOUT });
    const peer = await tools.dial(port);
    const request = Buffer.from(requestHead());

    peer.write(request.subarray(0, 10));
    await tools.delay(10);

    // In this phase of the event loop, timers come before sockets.
    await tools.turns(1);
    peer.write(request.subarray(10));
    sleep(3 * TIMEOUT);

    const [status] = await peer.head();

    assert.match(status, / 101 /);
    await tools.delay(TIMEOUT);
    assert.strictEqual(wss.clients.size, 1);
  }
);

scenario('there is none by default', async (WebSocket, trace, tools) => {
  for (const handshakeTimeout of [undefined, null, 0]) {
    const { wss, port } = await tools.serve({ handshakeTimeout });

    await tools.dial(port);
    await tools.delay(TOLERANCE);
    await tools.dialWebSocket(port);
    assert.strictEqual(wss.clients.size, 1);
  }
});

for (const [handshakeTimeout, type] of [
  ['1000', TypeError],
  [true, TypeError],
  [-1, RangeError],
  [NaN, RangeError],
  [Infinity, RangeError]
]) {
  scenario(`it refuses ${handshakeTimeout}`, async (WebSocket) => {
    assert.throws(
      () => new WebSocket.Server({ handshakeTimeout, noServer: true }),
      (error) =>
        error.constructor === type &&
        /"handshakeTimeout".*milliseconds.*Received/.test(error.message)
    );
  });
}

verify(__filename);
