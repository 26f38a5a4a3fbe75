'use strict';

const { compare, scenario } = require('./support/differential');
const { requestHead, steadyHead } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

/**
 * Sends an upgrade request and notes the whole response.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Number} port The port
 * @param {Object} [request] See `requestHead()`
 * @return {Promise<RawPeer>} The client
 */
async function noteResponse(trace, tools, port, request) {
  const peer = await tools.dial(port);

  peer.write(Buffer.from(requestHead(request)));

  const lines = steadyHead(await peer.head());

  trace.lines('wire', lines);

  if (!lines[0].includes('101')) {
    await peer.until(() => peer.ended);
    trace.note('wire', 'body', peer.bytes);
  }

  return peer;
}

/**
 * Registers a scenario of a server with hooks that gets one request.
 *
 * @param {String} title The title
 * @param {Function} makeOptions Gets the trace, returns options of the server
 * @param {Object} [request] See `requestHead()`
 */
function withHooks(title, makeOptions, request) {
  scenario(title, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve(makeOptions(trace, tools));

    wss.on('connection', (ws) => {
      trace.note('server', 'connection', ws.protocol);
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, request);
    trace.note('server', 'clients', wss.clients.size);
  });
}

for (const result of [true, 1, 'yes', {}, false, 0, '', null, undefined, NaN]) {
  withHooks(`9.18, 9.24: verifyClient that returns ${result}`, () => ({
    verifyClient: () => result
  }));
}

withHooks(
  '9.24: what verifyClient is told',
  (trace) => ({
    verifyClient(info) {
      trace.note('server', 'this', this.verifyClient !== undefined);
      trace.note('server', 'info', Object.keys(info), info.origin, info.secure);
      trace.note('server', 'req', info.req, info.req.headers.foo);
      return true;
    }
  }),
  { headers: { Foo: 'bar', Origin: 'https://example.com' } }
);

withHooks(
  '9.24: verifyClient takes the origin of version 8 from another header',
  (trace) => ({
    verifyClient: ({ origin }) => trace.note('server', 'origin', origin)
  }),
  {
    headers: {
      Origin: 'https://example.com',
      'Sec-WebSocket-Origin': 'https://example.org',
      'Sec-WebSocket-Version': 8
    }
  }
);

withHooks('9.24: verifyClient without an origin', (trace) => ({
  verifyClient: ({ origin }) => trace.note('server', 'origin', origin)
}));

withHooks(
  '9.24: verifyClient with an arity of 0 or 3 returns its answer',
  () => ({
    verifyClient: (info, callback = () => {}, more = 1) =>
      info && callback && more
  })
);

for (const [name, values] of Object.entries({
  true: [true],
  'true and more': [true, 500, 'ignored', { Ignored: 'x' }],
  truthy: [1],
  nothing: [],
  false: [false],
  'a code': [false, 404],
  'a code and a message': [false, 403, 'Go away'],
  'code, message and headers': [
    false,
    429,
    'Slöwer',
    { 'Retry-After': 120, 'X-List': ['a', 'b'] }
  ],
  'headers that replace others': [
    false,
    401,
    'x',
    { 'Content-Type': 'text/plain', 'Content-Length': 1, Connection: 'close' }
  ],
  'headers alone': [false, undefined, undefined, { 'X-Foo': 'bar' }],
  'an unknown code': [false, 299, 'odd'],
  'an unknown code without message': [false, 200],
  'an empty message': [false, 403, ''],
  'code 0': [false, 0]
})) {
  for (const [when, later] of Object.entries({
    'at once': (call) => call(),
    later: (call) => setTimeout(call, 5)
  })) {
    withHooks(
      `9.18, 9.24: verifyClient calls back with ${name} ${when}`,
      () => ({
        verifyClient(info, callback) {
          later(() => callback(...values));
        }
      })
    );
  }
}

scenario(
  '9.24: verifyClient that never calls back',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({
      // eslint-disable-next-line no-unused-vars
      verifyClient(info, callback) {
        trace.note('server', 'asked');
      }
    });
    const peer = await tools.dial(port);

    wss.on('connection', () => trace.note('server', 'connection'));
    peer.write(Buffer.from(requestHead()));
    await tools.delay(30);
    trace.note('wire', 'response', peer.bytes, peer.ended);
  }
);

scenario('9.24: verifyClient that throws', async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve({
    verifyClient() {
      throw new RangeError('mine');
    }
  });
  const peer = await tools.dial(port);

  wss.on('connection', () => trace.note('server', 'connection'));
  peer.write(Buffer.from(requestHead()));
  await tools.event(process, 'uncaughtException');
});

scenario(
  '9.19: the client leaves while verifyClient is busy',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({
      async verifyClient({ req: { socket } }, callback) {
        peer.socket.end();
        while (socket.readable) await tools.turns(1);
        trace.note('server', 'socket', socket.writable, socket.destroyed);
        callback(true);
      }
    });
    const peer = await tools.dial(port);

    wss.on('connection', () => trace.note('server', 'connection'));
    peer.write(Buffer.from(requestHead()));
    trace.lines('wire', await peer.rest());
  }
);

scenario(
  '9.19: the client resets while verifyClient is busy',
  async (WebSocket, trace, tools) => {
    const done = defer();
    const { wss, port } = await tools.serve({
      async verifyClient(info, callback) {
        peer.reset();
        await tools.event(info.req.socket, 'close');
        trace.call('server', 'callback', () => callback(true));
        done.resolve();
      }
    });
    const peer = await tools.dial(port);

    wss.on('connection', () => trace.note('server', 'connection'));
    peer.write(Buffer.from(requestHead()));
    await done.promise;
    await tools.turns(3);
  }
);

scenario(
  '9.21: the server closes while verifyClient is busy',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({
      server,
      verifyClient(info, callback) {
        wss.close();
        setTimeout(callback, 5, true);
      }
    });

    wss.on('connection', () => trace.note('server', 'connection'));
    await noteResponse(trace, tools, port);
  }
);

scenario(
  '9.27: frames that arrive while verifyClient is busy',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({
      async verifyClient(info, callback) {
        await tools.delay(30);
        callback(true);
      }
    });
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dial(port);

    wss.on('connection', (ws) => trace.watch('server', ws));
    peer.write(Buffer.from(requestHead()), peer.frame(1, 'head'));
    await tools.delay(10);
    peer.write(peer.frame(1, 'late'), peer.closeFrame(1000));

    const [ws] = await connected;

    await tools.event(ws, 'close');
  }
);

for (const [name, result] of Object.entries({
  'one of them': () => 'b',
  'one nobody asked for': () => 'z',
  false: () => false,
  undefined: () => undefined,
  'empty string': () => '',
  'the first': (protocols) => protocols.values().next().value
})) {
  withHooks(
    `9.25: handleProtocols that returns ${name}`,
    (trace) => ({
      handleProtocols(protocols, req) {
        trace.note('server', 'protocols', protocols, req);
        return result(protocols);
      }
    }),
    { headers: { 'Sec-WebSocket-Protocol': 'a, b,c' } }
  );
}

withHooks('9.25: handleProtocols is not asked without protocols', (trace) => ({
  handleProtocols() {
    trace.note('server', 'asked');
    return 'a';
  }
}));

scenario(
  "9.10: 'headers' may change the response",
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    wss.on('headers', function (headers, req) {
      trace.note('server', 'headers', this === wss, headers, req);
      headers.push('X-Foo: bar', 'Set-Cookie: a=b');
      headers.splice(1, 0, 'X-Early: yes');
    });
    wss.on('connection', (ws) => {
      trace.note('server', 'connection');
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, {
      headers: { 'Sec-WebSocket-Protocol': 'a' }
    });
  }
);

scenario('9.9: order of the hooks', async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve({
    handleProtocols: () => trace.note('server', 'handleProtocols'),
    verifyClient: () => {
      trace.note('server', 'verifyClient');
      return true;
    },
    WebSocket: class extends WebSocket {
      constructor(...values) {
        super(...values);
        trace.note('server', 'constructor', this.readyState);
        this.on('open', () => trace.note('server', 'open', this.readyState));
      }
    }
  });

  wss.shouldHandle = () => {
    trace.note('server', 'shouldHandle');
    return true;
  };
  wss.on('headers', () => trace.note('server', 'headers', wss.clients.size));
  wss.on('connection', (ws) => {
    trace.note('server', 'connection', ws.readyState, wss.clients.size);
    tools.own(ws);
  });
  await noteResponse(trace, tools, port, {
    headers: { 'Sec-WebSocket-Protocol': 'a' }
  });
});

scenario(
  "9.23: a listener of 'wsClientError' need not answer",
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const peer = await tools.dial(port);

    peer.write(Buffer.from(requestHead({ headers: { Upgrade: 'foo' } })));

    const [error, socket, req] = await tools.event(wss, 'wsClientError');

    trace.note('server', 'arguments', error, socket, req);
    trace.note('server', 'listeners of error', socket.listenerCount('error'));
    await tools.turns(3);
    trace.note('wire', 'response', peer.bytes, peer.ended);
    socket.destroy();
    await peer.whenClosed();
  }
);

compare(__filename);
