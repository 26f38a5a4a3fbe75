'use strict';

const assert = require('assert');
const http = require('http');

const { scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { requestHead } = require('./support/raw-handshake');
const { verify } = require('./support/verify');

const { TEXT } = OPCODES;

/**
 * Waits until it is known that the other end is gone.
 *
 * @param {Tools} tools The tools
 * @param {net.Socket} socket A socket that nobody reads
 */
async function untilNoticed(tools, socket) {
  while (!socket.destroyed && !socket._readableState.ended) {
    await tools.turns(1);
  }
}

for (const way of ['reset', 'end']) {
  const leave = (peer) =>
    way === 'reset' ? peer.reset() : peer.socket.destroy();

  scenario(
    `D1.12: a client leaves while it is verified (${way})`,
    async (WebSocket, trace, tools) => {
      let request;
      const { wss, port } = await tools.serve({
        verifyClient: (info, done) => {
          request = { socket: info.req.socket, proceed: done };
        }
      });
      const peer = await tools.dial(port);

      wss.on('connection', () => assert.fail('a connection'));
      peer.write(Buffer.from(requestHead()));
      while (!request) await tools.turns(1);
      leave(peer);
      await untilNoticed(tools, request.socket);
      request.proceed(true);
      await tools.delay(20);
    }
  );

  scenario(
    `D1.12: a client leaves before its upgrade is handled (${way})`,
    async (WebSocket, trace, tools) => {
      const wss = new WebSocket.Server({ noServer: true });
      const { server, port } = await tools.serveHttp();
      const upgrade = tools.event(server, 'upgrade');
      const handled = new Promise((resolve) => {
        server.on('upgrade', async (req, socket, head) => {
          socket.on('error', () => {});
          await untilNoticed(tools, socket);
          wss.handleUpgrade(req, socket, head, () => {
            assert.fail('a connection');
          });
          resolve();
        });
      });
      const peer = await tools.dial(port);

      peer.write(Buffer.from(requestHead()));
      await upgrade;
      leave(peer);
      await handled;
      await tools.delay(20);
    }
  );

  scenario(
    `D1.12: a client leaves at once after the upgrade (${way})`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve();
      const closed = new Promise((resolve) => {
        wss.on('connection', (ws) => {
          for (let i = 0; i < 100; i++) ws.send('x'.repeat(10000));
          ws.on('close', resolve);
        });
      });
      const peer = await tools.dialWebSocket(port);

      leave(peer);
      assert.strictEqual(await closed, 1006);
    }
  );
}

scenario(
  'D1.14: a request in segments of one byte',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connection = tools.event(wss, 'connection');
    const peer = await tools.dial(port);

    await peer.writeBytewise(
      Buffer.from(requestHead({ headers: { Cookie: 'x'.repeat(2000) } }))
    );
    peer.send(TEXT, 'hello');

    const [ws] = await connection;
    const [data] = await tools.event(ws, 'message');

    assert.strictEqual(String(data), 'hello');
  }
);

scenario(
  'D1.14, D2: a request longer than Node allows',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve();
    const tooLong = 'x'.repeat(http.maxHeaderSize + 1);

    for (const request of [
      { headers: { Cookie: tooLong } },
      { path: `/${tooLong}` }
    ]) {
      const { response } = await tools.dialWebSocket(port, request);

      assert.strictEqual(
        response[0],
        'HTTP/1.1 431 Request Header Fields Too Large'
      );
    }
  }
);

scenario(
  'D1.16: an upgrade of a server without WebSockets',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp((req, res) => res.end());
    const wss = new WebSocket.Server({ noServer: true });

    tools.atEnd(() => wss.close());
    assert.strictEqual(server.listenerCount('upgrade'), 0);

    const peer = await tools.dial(port);

    peer.write(
      Buffer.from(
        'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n' +
          'Connection: Upgrade, close\r\n\r\n'
      )
    );
    await peer.until(() => peer.ended || peer.closed);
  }
);

for (const target of [
  'http://169.254.169.254/',
  'http://localhost/chat',
  '//chat',
  '/chat/../other',
  '/CHAT',
  '*'
]) {
  scenario(
    `D1.16: the request target ${target} is not the path /chat`,
    async (WebSocket, trace, tools) => {
      const { port } = await tools.serve({ path: '/chat' });
      const { response } = await tools.dialWebSocket(port, { path: target });

      assert.strictEqual(response[0], 'HTTP/1.1 400 Bad Request');
    }
  );
}

const INJECTION = 'a\r\nSet-Cookie: injected=1';

/** What a program may pass on from somewhere to the response. */
const SERVER_INJECTIONS = {
  'the reason of a refusal': {
    verifyClient: (info, done) => done(false, 403, INJECTION)
  },
  'a header field of a refusal': {
    verifyClient: (info, done) => done(false, 403, 'no', { 'X-A': INJECTION })
  },
  'the name of a header field of a refusal': {
    verifyClient: (info, done) => done(false, 403, 'no', { [INJECTION]: 'b' })
  },
  'the chosen subprotocol': { handleProtocols: () => INJECTION }
};

scenario(
  "D1.17: a line that a listener of 'headers' adds stays one",
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    wss.on('headers', (headers) => headers.push(`X-A: ${INJECTION}`));

    const { response } = await tools.dialWebSocket(port);

    assert.ok(response.includes('X-A: a Set-Cookie: injected=1'));
  }
);

for (const [name, options] of Object.entries(SERVER_INJECTIONS)) {
  scenario(
    `D1.17: ${name} cannot add header fields`,
    async (WebSocket, trace, tools) => {
      const { port } = await tools.serve(options);
      const peer = await tools.dialWebSocket(port, {
        headers: { 'Sec-WebSocket-Protocol': 'chat' }
      });

      for (const line of peer.response) {
        assert.doesNotMatch(line, /^Set-Cookie/);
      }
    }
  );
}

scenario(
  'D1.19: verifyClient can refuse foreign origins',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve({
      verifyClient: ({ origin }) => origin === 'https://example.com'
    });

    for (const [origin, line] of [
      ['https://example.com', 'HTTP/1.1 101 Switching Protocols'],
      ['https://example.com.evil.test', 'HTTP/1.1 401 Unauthorized'],
      [undefined, 'HTTP/1.1 401 Unauthorized']
    ]) {
      const { response } = await tools.dialWebSocket(port, {
        headers: { Origin: origin }
      });

      assert.strictEqual(response[0], line);
    }
  }
);

verify(__filename);
