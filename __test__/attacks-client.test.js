'use strict';

const assert = require('assert');

const { scenario } = require('./support/differential');
const { verify } = require('./support/verify');

/** Where a redirect may lead from, and to. */
const REDIRECTS = {
  'to another port': async (tools, serve) => (await serve()).url,
  'to another name of the host': async (tools, serve) =>
    (await serve()).url.replace('127.0.0.1', 'localhost'),
  'to a Unix socket': async (tools, serve) => {
    const path = tools.socketPath();

    await serve(path);
    return `ws+unix:${path}:/`;
  }
};

for (const [name, open] of Object.entries(REDIRECTS)) {
  scenario(
    `D1.13: credentials do not follow a redirect ${name}`,
    async (WebSocket, trace, tools) => {
      let request;
      const target = await open(tools, (address) =>
        tools.serveRaw((peer) => {
          ({ request } = peer);
          peer.accept();
        }, address)
      );
      const { url } = await tools.serveRaw((peer) => {
        peer.socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target}\r\n\r\n`);
      });
      const ws = tools.client(url.replace('//', '//user:secret@'), {
        followRedirects: true,
        headers: { Cookie: 'session=secret', 'X-Other': 'kept' }
      });

      await tools.event(ws, 'open');

      const fields = request.join('\n').toLowerCase();

      assert.match(fields, /x-other: kept/);
      assert.doesNotMatch(fields, /cookie|authorization|secret/);
    }
  );
}

scenario(
  'D1.13: credentials do not follow a redirect from TLS to plain text',
  async (WebSocket, trace, tools) => {
    let request;
    const { url: target } = await tools.serveRaw((peer) => {
      ({ request } = peer);
      peer.accept();
    });
    const { server, url } = await tools.serveHttps();

    server.on('upgrade', (req, socket) => {
      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: ${target.replace('127.0.0.1', 'localhost')}\r\n\r\n`
      );
    });

    const ws = tools.client(url, {
      auth: 'user:secret',
      followRedirects: true,
      headers: { Cookie: 'session=secret' },
      rejectUnauthorized: false
    });

    await tools.event(ws, 'open');
    assert.doesNotMatch(
      request.join('\n').toLowerCase(),
      /cookie|authorization|secret/
    );
  }
);

const INJECTION = 'a\r\nSet-Cookie: injected=1';

/** What a program may pass on from somewhere to the request. */
const CLIENT_INJECTIONS = {
  'a header field': { headers: { 'X-A': INJECTION } },
  'the name of a header field': { headers: { [INJECTION]: 'b' } },
  'the origin': { origin: INJECTION },
  'the Host header field': { headers: { Host: INJECTION } }
};

for (const [name, options] of Object.entries(CLIENT_INJECTIONS)) {
  scenario(
    `D1.17: ${name} cannot add header fields to a request`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serve();

      assert.throws(
        () => tools.client(url, options),
        /ERR_INVALID_CHAR|ERR_INVALID_HTTP_TOKEN|Invalid character|must be a valid HTTP token/
      );
    }
  );
}

scenario(
  'D1.17: a path cannot add header fields to a request',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const connection = tools.event(wss, 'connection');

    tools.client(`${url}/a?${INJECTION}`);

    const [, req] = await connection;

    assert.strictEqual(req.headers['set-cookie'], undefined);
  }
);

scenario(
  'D1.17: a subprotocol cannot add header fields to a request',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serve();

    assert.throws(() => tools.client(url, INJECTION), SyntaxError);
  }
);

verify(__filename);
