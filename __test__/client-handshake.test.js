'use strict';

const net = require('net');

const { compare, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { defer } = require('./support/tools');

const REFUSAL =
  'HTTP/1.1 401 Unauthorized\r\nX-Foo: bar\r\nContent-Length: 4\r\n\r\nbody';

/**
 * Connects a client to a raw server and notes what becomes of it.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Function} answer Gets the raw peer, answers the request
 * @param {...*} values Arguments of the constructor behind the address
 * @return {Promise<void>} Settles after 'close' and the end of the answer
 */
async function fail(trace, tools, answer, ...values) {
  const answered = defer();
  const { url } = await tools.serveRaw(async (peer) => {
    await answer(peer);
    answered.resolve();
  });
  const ws = tools.client(url, ...values);

  trace.watch('client', ws);
  ws.on('upgrade', (res) => {
    trace.note('client', 'upgrade', res.statusCode, ws.readyState);
  });
  await tools.event(ws, 'close');
  await answered.promise;
}

/**
 * Registers a scenario of a handshake that fails because of response headers.
 *
 * @param {String} title The title
 * @param {Object} headers See `responseHead()`
 * @param {...*} values Arguments of the constructor behind the address
 */
function failsWith(title, headers, ...values) {
  scenario(title, async (WebSocket, trace, tools) => {
    await fail(
      trace,
      tools,
      async (peer) => {
        peer.accept(headers);
        trace.lines('wire', await peer.rest());
      },
      ...values
    );
  });
}

const plain = { perMessageDeflate: false };

failsWith('4.16, 4.31: Upgrade header missing', { Upgrade: undefined }, plain);
failsWith('4.16: Upgrade header of something else', { Upgrade: 'foo' }, plain);
failsWith(
  '4.16: Upgrade header with more in it',
  { Upgrade: 'websocket, foo' },
  plain
);
failsWith('4.17: accept missing', { 'Sec-WebSocket-Accept': undefined }, plain);
failsWith(
  '4.17: accept wrong',
  { 'Sec-WebSocket-Accept': 'CxYS6+NgJSBG74mdgLvGscRvpns=' },
  plain
);
failsWith(
  '4.18: subprotocol that was not asked for',
  { 'Sec-WebSocket-Protocol': 'a' },
  plain
);
failsWith(
  '4.19: subprotocol other than those asked for',
  { 'Sec-WebSocket-Protocol': 'c' },
  ['a', 'b'],
  plain
);
failsWith(
  '4.19: subprotocol in another case',
  { 'Sec-WebSocket-Protocol': 'A' },
  ['a', 'b'],
  plain
);
failsWith(
  '4.19: two subprotocols',
  { 'Sec-WebSocket-Protocol': 'a, b' },
  ['a', 'b'],
  plain
);
failsWith(
  '4.19: empty subprotocol',
  { 'Sec-WebSocket-Protocol': '' },
  ['a'],
  plain
);
failsWith(
  '4.18: empty subprotocol that was not asked for',
  { 'Sec-WebSocket-Protocol': '' },
  plain
);
failsWith('4.20: no subprotocol although asked for', {}, ['a', 'b'], plain);
failsWith(
  '4.21: extension that was not asked for',
  { 'Sec-WebSocket-Extensions': 'foo' },
  plain
);
failsWith(
  '4.21: empty extension header that was not asked for',
  { 'Sec-WebSocket-Extensions': '' },
  plain
);
failsWith('4.22: extension header that does not parse', {
  'Sec-WebSocket-Extensions': 'permessage-deflate;='
});
failsWith('4.23, 10.9: other extension', { 'Sec-WebSocket-Extensions': 'foo' });
failsWith('4.23: additional extension', {
  'Sec-WebSocket-Extensions': 'permessage-deflate, foo'
});
failsWith('4.22, 10.10: bad extension parameter', {
  'Sec-WebSocket-Extensions': 'permessage-deflate; foo'
});
failsWith(
  '4.14: the checks come in a fixed order',
  {
    'Sec-WebSocket-Accept': 'x',
    'Sec-WebSocket-Extensions': 'foo',
    'Sec-WebSocket-Protocol': 'c'
  },
  plain
);
failsWith(
  '4.14: subprotocol before extension',
  {
    'Sec-WebSocket-Extensions': 'foo',
    'Sec-WebSocket-Protocol': 'c'
  },
  plain
);

for (const upgrade of ['WebSocket', 'WEBSOCKET', 'websocket']) {
  scenario(
    `4.16: Upgrade: ${upgrade} is fine`,
    async (WebSocket, trace, tools) => {
      await fail(
        trace,
        tools,
        (peer) => {
          peer.accept({ Upgrade: upgrade }, peer.closeFrame());
        },
        plain
      );
    }
  );
}

for (const [name, answer] of Object.entries({
  '4.26: no HTTP': 'foo\r\n\r\n',
  '4.26: a head that is broken off': 'HTTP/1.1 101 Switching Protocols\r\nUpg',
  '4.26: nothing': '',
  '4.26: a bad header':
    'HTTP/1.1 101 Switching Protocols\r\nbad header: x\r\n\r\n',
  '4.24: 101 without Connection: Upgrade':
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n',
  '4.24: 200': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  '4.24: 204 without headers': 'HTTP/1.1 204 No Content\r\n\r\n',
  '4.24: 401': REFUSAL,
  '4.24, 3.17: 302 that is not followed':
    'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
  '4.24: 500': 'HTTP/1.1 500 Internal Server Error\r\n\r\n'
})) {
  scenario(`${name} is the response`, async (WebSocket, trace, tools) => {
    await fail(trace, tools, (peer) => peer.socket.end(answer), plain);
  });
}

scenario(
  '4.26: the server resets the connection',
  async (WebSocket, trace, tools) => {
    await fail(trace, tools, (peer) => peer.reset(), plain);
  }
);

scenario('4.26: nobody listens', async (WebSocket, trace, tools) => {
  const server = net.createServer();
  const port = await tools.listen(server);

  server.close();
  await tools.event(server, 'close');

  const ws = trace.watch('client', tools.client(`ws://127.0.0.1:${port}`));

  await tools.event(ws, 'close');
  trace.note('client', 'afterwards', ws._socket, ws._req, ws.bufferedAmount);
});

scenario(
  '6.9: an error without a listener is uncaught',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => peer.socket.end(REFUSAL));
    const ws = tools.client(url, plain);

    trace.watch('client', ws, ['open', 'close']);
    await tools.event(process, 'uncaughtException');
    await tools.turns(3);
    trace.note('client', 'afterwards', ws.readyState);
  }
);

scenario(
  "4.14, 6.3: order: 'upgrade', then OPEN, then 'open'",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.accept({ 'Sec-WebSocket-Protocol': 'b', 'X-Foo': 'bar' });
    });
    const ws = tools.client(url, ['a', 'b'], plain);
    const { _req: request } = ws;

    ws.on('upgrade', (res) => {
      trace.note('client', 'upgrade', ws.readyState, ws.protocol, ws._socket);
      trace.note('client', 'response', res.statusCode, res.headers['x-foo']);
      trace.note('client', 'request', ws._req === request);
    });
    ws.on('open', (...values) => {
      trace.note('client', 'open', ws.readyState, ws.protocol, ...values);
      trace.note('client', 'request', ws._req);
      trace.note('client', 'socket', ws._socket === request.socket);
    });
    await tools.event(ws, 'open');
  }
);

for (const method of ['close', 'terminate']) {
  scenario(
    `4.15: ${method}() in 'upgrade' stops the handshake`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw(async (peer) => {
        peer.accept();
        trace.lines('wire', await peer.rest());
        done.resolve();
      });
      const done = defer();
      const ws = trace.watch('client', tools.client(url, plain));

      ws.on('upgrade', () => {
        ws[method]();
        trace.note('client', 'state', ws.readyState);
      });
      await tools.event(ws, 'close');
      await done.promise;
    }
  );
}

scenario(
  "4.37: messages that come with the response follow 'open'",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.accept(
        {},
        peer.frame(OPCODES.TEXT, 'one'),
        peer.frame(OPCODES.PING, 'two'),
        peer.frame(OPCODES.BINARY, 'three'),
        peer.closeFrame(1001, 'bye')
      );
    });
    const ws = tools.client(url, plain);

    ws.on('open', () => {
      trace.note('client', 'in open');
      process.nextTick(() => trace.note('client', 'tick after open'));
    });
    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  "4.37: a listener added in a microtask of 'open' is too late for them",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.accept({}, peer.frame(OPCODES.TEXT, 'one'), peer.closeFrame());
    });
    const ws = tools.client(url, plain);

    ws.on('open', () => {
      Promise.resolve().then(() => {
        ws.on('message', (data) => trace.note('client', 'message', data));
      });
    });
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.37: half a frame comes with the response',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(async (peer) => {
      const frame = peer.frame(OPCODES.TEXT, 'divided');

      peer.accept({}, frame.subarray(0, 4));
      await tools.event(ws, 'open');
      await tools.turns(2);
      peer.write(frame.subarray(4), peer.closeFrame(1000));
    });
    const ws = trace.watch('client', tools.client(url, plain));

    await tools.event(ws, 'close');
  }
);

scenario(
  '4.37: a FIN comes with the response',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.accept({}, peer.frame(OPCODES.TEXT, 'last words'));
      peer.socket.end();
    });
    const ws = trace.watch('client', tools.client(url, plain));

    await tools.event(ws, 'close');
  }
);

scenario(
  '4.37: a bad frame comes with the response',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(async (peer) => {
      peer.accept({}, peer.frame(OPCODES.TEXT, 'good'), peer.frame(5, 'bad'));
      trace.lines('wire', await peer.rest());
      done.resolve();
    });
    const done = defer();
    const ws = trace.watch('client', tools.client(url, plain));

    await tools.event(ws, 'close');
    await done.promise;
  }
);

compare(__filename);
