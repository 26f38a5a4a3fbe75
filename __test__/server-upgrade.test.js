'use strict';

const { compare, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { requestHead, steadyHead } = require('./support/raw-handshake');

const { PING, TEXT } = OPCODES;

/**
 * Sends an upgrade request and notes the whole response.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Number} port The port
 * @param {Object} request See `requestHead()`
 */
async function noteResponse(trace, tools, port, request) {
  const peer = await tools.dial(port);

  peer.write(Buffer.from(requestHead(request)));

  const lines = steadyHead(await peer.head());

  trace.lines('wire', lines);
  if (lines[0].includes('101')) return;
  await peer.until(() => peer.ended);
  trace.note('wire', 'body', peer.bytes);
}

const BAD_REQUESTS = {
  'method POST': { method: 'POST' },
  'method OPTIONS': { method: 'OPTIONS' },
  'Upgrade of something else': { headers: { Upgrade: 'foo' } },
  'Upgrade with more in it': { headers: { Upgrade: 'websocket, foo' } },
  'no key': { headers: { 'Sec-WebSocket-Key': undefined } },
  'short key': { headers: { 'Sec-WebSocket-Key': 'P5l8BJcZwRc=' } },
  'long key': {
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSBhYWFh' }
  },
  'key of other characters': {
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j!!==' }
  },
  'key with spaces': {
    headers: { 'Sec-WebSocket-Key': '  dGhlIHNhbXBsZSBub25jZQ==  ' }
  },
  'two keys': {
    headers: {
      'Sec-WebSocket-Key': [
        'dGhlIHNhbXBsZSBub25jZQ==',
        'dGhlIHNhbXBsZSBub25jZQ=='
      ]
    }
  },
  'no version': { headers: { 'Sec-WebSocket-Version': undefined } },
  'version 7': { headers: { 'Sec-WebSocket-Version': 7 } },
  'version 13.0': { headers: { 'Sec-WebSocket-Version': '13.0' } },
  'version 13x': { headers: { 'Sec-WebSocket-Version': '13x' } },
  'two versions': { headers: { 'Sec-WebSocket-Version': '13, 8' } },
  'empty version': { headers: { 'Sec-WebSocket-Version': '' } },
  'empty protocol': { headers: { 'Sec-WebSocket-Protocol': '' } },
  'protocols with a hole': { headers: { 'Sec-WebSocket-Protocol': 'a,,b' } },
  'bad protocol': { headers: { 'Sec-WebSocket-Protocol': 'a b' } },
  'protocols twice': { headers: { 'Sec-WebSocket-Protocol': 'a, a' } },
  'protocols twice in two headers': {
    headers: { 'Sec-WebSocket-Protocol': ['a', 'a'] }
  },
  'a path that is not handled': { path: '/elsewhere' },
  'method before Upgrade': { method: 'POST', headers: { Upgrade: 'foo' } },
  'Upgrade before key': {
    headers: { Upgrade: 'foo', 'Sec-WebSocket-Key': undefined }
  },
  'key before version': {
    headers: { 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': 7 }
  },
  'version before path': {
    headers: { 'Sec-WebSocket-Version': 7 },
    path: '/elsewhere'
  },
  'path before protocol': {
    headers: { 'Sec-WebSocket-Protocol': ',' },
    path: '/elsewhere'
  }
};

for (const [name, bad] of Object.entries(BAD_REQUESTS)) {
  scenario(`9. request: ${name}`, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ path: '/' });

    wss.on('connection', (ws) => {
      trace.note('server', 'connection', ws.protocol);
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, bad);
    trace.note('server', 'clients', wss.clients.size);
  });

  scenario(
    `9. request: ${name}, with a listener of 'wsClientError'`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve({ path: '/' });

      wss.on('connection', (ws) => tools.own(ws));
      wss.on('wsClientError', (error, socket, req) => {
        trace.note('server', 'wsClientError', error, socket, req);
        trace.note('server', 'socket', socket === req.socket);
        trace.note('server', 'writable', socket.writable, socket.destroyed);
        socket.end(`HTTP/1.1 418 Mine\r\n\r\n${error.message}`);
      });
      await noteResponse(trace, tools, port, bad);
    }
  );
}

for (const [name, good] of Object.entries({
  plain: {},
  'version 8': { headers: { 'Sec-WebSocket-Version': 8 } },
  'Upgrade in other letters': { headers: { Upgrade: 'WebSocket' } },
  'Connection with more in it': {
    headers: { Connection: 'keep-alive, Upgrade' }
  },
  'one protocol': { headers: { 'Sec-WebSocket-Protocol': 'a' } },
  'several protocols': { headers: { 'Sec-WebSocket-Protocol': 'b , a' } },
  'protocols in two headers': {
    headers: { 'Sec-WebSocket-Protocol': ['b', 'a'] }
  },
  'an offer nobody wants': {
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
  },
  'an extension header that does not parse': {
    headers: { 'Sec-WebSocket-Extensions': ';;' }
  }
})) {
  scenario(`9. request: ${name}, accepted`, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    wss.on('connection', (ws, req) => {
      trace.note('server', 'connection', ws.protocol, ws.extensions, req);
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, good);
  });
}

scenario(
  '9. a refused client is not waited for',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const closed = new Promise((resolve) => {
      wss._server.on('connection', (socket) => {
        trace.watch('server', socket, ['finish', 'end', 'error', 'close']);
        socket.on('close', resolve);
      });
    });
    const peer = await tools.dial(port);

    peer.holdsOpen = true;
    peer.write(Buffer.from(requestHead({ headers: { Upgrade: 'foo' } })));
    await closed;
  }
);

scenario(
  '9. without Connection: Upgrade it is a plain request',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve();

    await noteResponse(trace, tools, port, {
      headers: { Connection: 'close' }
    });
  }
);

scenario('9. HTTP/1.0', async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve();
  const peer = await tools.dial(port);

  wss.on('connection', (ws) => tools.own(ws));
  peer.write(Buffer.from(requestHead().replace('HTTP/1.1', 'HTTP/1.0')));
  trace.lines('wire', await peer.head());
});

scenario("9. arguments of 'connection'", async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve();

  wss.on('connection', function (ws, req, ...rest) {
    trace.note('server', 'this', this === wss, rest.length);
    trace.note('server', 'ws', ws instanceof WebSocket, ws.readyState, ws.url);
    trace.note('server', 'req', req.method, req.url, req.headers.foo);
    trace.note('server', 'socket', req.socket === ws._socket);
    trace.note('server', 'address', ws._socket.remoteAddress);
    trace.note('server', 'isServer', ws._isServer);
    tools.own(ws);
  });
  await tools.dialWebSocket(port, { headers: { Foo: 'bar' }, path: '/a?b' });
});

scenario(
  '9. frames in the segment of the request',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connected = tools.event(wss, 'connection');

    wss.on('connection', (ws) => {
      trace.watch('server', ws);
      ws.send('welcome');
      process.nextTick(() => trace.note('server', 'tick'));
    });

    const peer = await tools.dial(port);

    peer.write(
      Buffer.from(requestHead()),
      peer.frame(TEXT, 'early'),
      peer.frame(PING, 'bird'),
      peer.closeFrame(1000)
    );

    const [ws] = await connected;

    await tools.event(ws, 'close');
    trace.lines('wire', await peer.head());
    trace.lines('wire', (await peer.frames(3)).map(describeFrame).sort());
  }
);

scenario(
  '9. half a frame in the segment of the request',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dial(port);
    const frame = peer.frame(TEXT, 'divided');

    peer.write(Buffer.from(requestHead()), frame.subarray(0, 3));

    const [ws] = await connected;

    trace.watch('server', ws);
    await tools.turns(3);
    peer.write(frame.subarray(3), peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

scenario(
  '9. a bad frame in the segment of the request',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dial(port);

    wss.on('connection', (ws) => trace.watch('server', ws));
    peer.write(Buffer.from(requestHead()), peer.frame(3, 'bad'));

    const [ws] = await connected;

    await tools.event(ws, 'close');
    trace.lines('wire', (await peer.head()).slice(0, 1));
    trace.lines('wire', await peer.rest());
  }
);

scenario(
  '9. a FIN right behind the request',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dial(port);

    wss.on('connection', (ws) => trace.watch('server', ws));
    peer.socket.end(requestHead());

    const [ws] = await connected;

    await tools.event(ws, 'close');
  }
);

scenario(
  '9. the request comes byte by byte',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const peer = await tools.dial(port);
    const received = new Promise((resolve) => {
      wss.on('connection', (ws) => {
        trace.watch('server', ws);
        ws.on('message', resolve);
        tools.own(ws);
      });
    });

    await peer.writeBytewise(
      Buffer.concat([Buffer.from(requestHead()), peer.frame(TEXT, 'text')])
    );
    await received;
    trace.lines('wire', await peer.head());
  }
);

compare(__filename);
