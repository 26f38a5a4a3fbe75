'use strict';

const assert = require('assert');

const { scenario } = require('./support/differential');
const { verify } = require('./support/verify');

/** Names that every object has, so that a careless look-up finds something. */
const INHERITED = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];

const EXTENSIONS = INHERITED.flatMap((name) => [
  name,
  `${name}; ${name}`,
  `permessage-deflate; ${name}`,
  `permessage-deflate; ${name}=1`,
  `permessage-deflate; ${name}=1; ${name}=2`
]);

/**
 * Has a server answer a request, and checks that it goes on to work.
 *
 * @param {Tools} tools The tools
 * @param {Number} port The server's port
 * @param {Object} [request] Options of `dialWebSocket()`
 * @return {Promise<String>} The first line of the response
 */
async function answerTo(tools, port, request) {
  const { response } = await tools.dialWebSocket(port, request);

  await tools.dialWebSocket(port);
  return response[0];
}

/**
 * Has a client meet a response that it has to reject.
 *
 * @param {Tools} tools The tools
 * @param {Object} headers Header fields of the response
 * @param {Object} [options] Options of the client
 * @return {Promise<String>} The message of its error
 */
async function rejectionOf(tools, headers, options) {
  const { url } = await tools.serveRaw((peer) => peer.accept(headers));
  const ws = tools.client(url, options);
  const events = [];

  ws.on('open', () => events.push('open'));
  ws.on('error', (error) => events.push(error.message));

  const [code] = await tools.event(ws, 'close');

  assert.strictEqual(code, 1006);
  assert.strictEqual(events.length, 1, events.join());
  return events[0];
}

for (const value of EXTENSIONS) {
  scenario(
    `D1.4: "${value}" as extension of a request`,
    async (WebSocket, trace, tools) => {
      const { port } = await tools.serve({ perMessageDeflate: true });
      const line = await answerTo(tools, port, {
        headers: { 'Sec-WebSocket-Extensions': value }
      });

      assert.strictEqual(
        line,
        value.startsWith('permessage-deflate')
          ? 'HTTP/1.1 400 Bad Request'
          : 'HTTP/1.1 101 Switching Protocols'
      );
    }
  );

  scenario(
    `D1.4: "${value}" as extension of a response`,
    async (WebSocket, trace, tools) => {
      assert.match(
        await rejectionOf(tools, { 'Sec-WebSocket-Extensions': value }),
        /extension/i
      );
    }
  );
}

for (const name of INHERITED) {
  scenario(
    `D1.4: "${name}" as subprotocol`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve({
        handleProtocols: (protocols) => [...protocols][0]
      });
      const connection = tools.event(wss, 'connection');

      await answerTo(tools, port, {
        headers: { 'Sec-WebSocket-Protocol': name }
      });
      assert.strictEqual((await connection)[0].protocol, name);
    }
  );
}

/** What takes a careless parser a time that grows with the square. */
const SLOW = {
  'spaces in a list of subprotocols': [
    'subprotocol',
    (n) => `b${' '.repeat(n)}x`
  ],
  'commas in a list of subprotocols': [
    'subprotocol',
    (n) => `b${','.repeat(n)}`
  ],
  'many subprotocols': [
    'subprotocol',
    (n) => Array.from({ length: n / 8 }, (_, i) => i).join()
  ],
  'escapes in a quoted value that does not end': [
    'extension',
    (n) => `a;b="${'\\c'.repeat(n / 2)}`
  ],
  'a quoted value that does not end': [
    'extension',
    (n) => `a;b="${'c'.repeat(n)}`
  ],
  'escapes in a quoted value': [
    'extension',
    (n) => `a;b="${'\\c'.repeat(n / 2)}"`
  ],
  'spaces in an extension': ['extension', (n) => `a${' '.repeat(n)}x`],
  'many parameters': ['extension', (n) => `a${';b'.repeat(n / 2)}`],
  'many extensions': ['extension', (n) => `a${',b'.repeat(n / 2)}`]
};

/** A length that takes a quadratic parser minutes. */
const SLOW_LENGTH = 1 << 20;

/** Milliseconds of CPU time it may take, on a machine however slow. */
const SLOW_LIMIT = 1000;

for (const [name, [parser, make]] of Object.entries(SLOW)) {
  scenario(`D1.5: ${name}`, async (WebSocket, trace, tools) => {
    const header = make(SLOW_LENGTH);
    const before = process.cpuUsage();

    try {
      WebSocket[parser].parse(header);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, error.stack);
    }

    const { user, system } = process.cpuUsage(before);

    assert.ok(user + system < SLOW_LIMIT * 1000, `${user + system} µs`);

    const { port } = await tools.serve({ perMessageDeflate: true });
    const field = { extension: 'Extensions', subprotocol: 'Protocol' }[parser];

    await answerTo(tools, port, {
      headers: { [`Sec-WebSocket-${field}`]: make(8000) }
    });
  });
}

scenario(
  'D1.6: so many header fields that those of the request are dropped',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({ server });
    const headers = { Upgrade: undefined, Connection: undefined };

    tools.atEnd(() => wss.close());
    server.maxHeadersCount = 1;
    for (let i = 0; i < 2000; i++) headers[i] = i % 10;
    headers.Connection = 'Upgrade';
    headers.Upgrade = 'websocket';

    const { response } = await tools.dialWebSocket(port, { headers });

    // Newer versions of Node refuse such a request themselves, with 431.
    assert.match(response[0], /^HTTP\/1\.1 4(00|31) /);
  }
);

scenario(
  'D1.6: so many header fields that those of the response are dropped',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.socket.write(
        'HTTP/1.1 101 Switching Protocols\r\n' +
          'a: b\r\n'.repeat(2000) +
          'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
      );
    });
    const ws = tools.client(url, {
      finishRequest: (req) => {
        req.maxHeadersCount = 1;
        req.end();
      }
    });
    const [error] = await tools.event(ws, 'error');

    assert.strictEqual(error.message, 'Invalid Upgrade header');
  }
);

/** Parameters of a response that no client may take. */
const PARAMETERS = [
  ...['0', '7', '16', '1e9', '""', '" 9"', 'abc', '08', '-9', '9.5'].flatMap(
    (bits) => [
      `server_max_window_bits=${bits}`,
      `client_max_window_bits=${bits}`
    ]
  ),
  'server_max_window_bits',
  'server_max_window_bits=9; server_max_window_bits=9',
  'client_max_window_bits=9; client_max_window_bits=9',
  'server_no_context_takeover=1',
  'server_no_context_takeover; server_no_context_takeover',
  'unknown'
];

for (const parameters of PARAMETERS) {
  scenario(
    `D1.10: a server replies "${parameters}"`,
    async (WebSocket, trace, tools) => {
      assert.strictEqual(
        await rejectionOf(tools, {
          'Sec-WebSocket-Extensions': `permessage-deflate; ${parameters}`
        }),
        'Invalid Sec-WebSocket-Extensions header'
      );
    }
  );
}

scenario(
  'D1.10: a server sets the window of a client that has not offered it',
  async (WebSocket, trace, tools) => {
    assert.strictEqual(
      await rejectionOf(
        tools,
        {
          'Sec-WebSocket-Extensions':
            'permessage-deflate; client_max_window_bits=10'
        },
        { perMessageDeflate: { clientMaxWindowBits: false } }
      ),
      'Invalid Sec-WebSocket-Extensions header'
    );
  }
);

verify(__filename);
