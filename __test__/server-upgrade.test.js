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
  '9.11: request, method POST': { method: 'POST' },
  '9.11: request, method OPTIONS': { method: 'OPTIONS' },
  '9.12: request, Upgrade of something else': { headers: { Upgrade: 'foo' } },
  '9.12: request, Upgrade with more in it': {
    headers: { Upgrade: 'websocket, foo' }
  },
  '9.13: request, no key': { headers: { 'Sec-WebSocket-Key': undefined } },
  '9.13: request, short key': {
    headers: { 'Sec-WebSocket-Key': 'P5l8BJcZwRc=' }
  },
  '9.13: request, long key': {
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSBhYWFh' }
  },
  '9.13: request, key of other characters': {
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j!!==' }
  },
  '9.13: request, key with spaces': {
    headers: { 'Sec-WebSocket-Key': '  dGhlIHNhbXBsZSBub25jZQ==  ' }
  },
  '9.13: request, two keys': {
    headers: {
      'Sec-WebSocket-Key': [
        'dGhlIHNhbXBsZSBub25jZQ==',
        'dGhlIHNhbXBsZSBub25jZQ=='
      ]
    }
  },
  '9.14: request, no version': {
    headers: { 'Sec-WebSocket-Version': undefined }
  },
  '9.14: request, version 7': { headers: { 'Sec-WebSocket-Version': 7 } },
  '9.14: request, version 13.0': {
    headers: { 'Sec-WebSocket-Version': '13.0' }
  },
  '9.14: request, version 13x': { headers: { 'Sec-WebSocket-Version': '13x' } },
  '9.14: request, two versions': {
    headers: { 'Sec-WebSocket-Version': '13, 8' }
  },
  '9.14: request, empty version': { headers: { 'Sec-WebSocket-Version': '' } },
  '9.16: request, empty protocol': {
    headers: { 'Sec-WebSocket-Protocol': '' }
  },
  '9.16: request, protocols with a hole': {
    headers: { 'Sec-WebSocket-Protocol': 'a,,b' }
  },
  '9.16: request, bad protocol': {
    headers: { 'Sec-WebSocket-Protocol': 'a b' }
  },
  '9.16: request, protocols twice': {
    headers: { 'Sec-WebSocket-Protocol': 'a, a' }
  },
  '9.16: request, protocols twice in two headers': {
    headers: { 'Sec-WebSocket-Protocol': ['a', 'a'] }
  },
  '9.15: request, a path that is not handled': { path: '/elsewhere' },
  '9.11: request, method before Upgrade': {
    method: 'POST',
    headers: { Upgrade: 'foo' }
  },
  '9.12: request, Upgrade before key': {
    headers: { Upgrade: 'foo', 'Sec-WebSocket-Key': undefined }
  },
  '9.13: request, key before version': {
    headers: { 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': 7 }
  },
  '9.14: request, version before path': {
    headers: { 'Sec-WebSocket-Version': 7 },
    path: '/elsewhere'
  },
  '9.15: request, path before protocol': {
    headers: { 'Sec-WebSocket-Protocol': ',' },
    path: '/elsewhere'
  }
};

for (const [name, bad] of Object.entries(BAD_REQUESTS)) {
  scenario(name, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ path: '/' });

    wss.on('connection', (ws) => {
      trace.note('server', 'connection', ws.protocol);
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, bad);
    trace.note('server', 'clients', wss.clients.size);
  });

  scenario(
    `9.23, ${name}, with a listener of 'wsClientError'`,
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
  '9.26: request, plain': {},
  '9.14: request, version 8': { headers: { 'Sec-WebSocket-Version': 8 } },
  '9.12: request, Upgrade in other letters': {
    headers: { Upgrade: 'WebSocket' }
  },
  '9.12: request, Connection with more in it': {
    headers: { Connection: 'keep-alive, Upgrade' }
  },
  '9.25: request, one protocol': { headers: { 'Sec-WebSocket-Protocol': 'a' } },
  '9.25: request, several protocols': {
    headers: { 'Sec-WebSocket-Protocol': 'b , a' }
  },
  '9.25: request, protocols in two headers': {
    headers: { 'Sec-WebSocket-Protocol': ['b', 'a'] }
  },
  '9.17: request, an offer nobody wants': {
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
  },
  '9.17: request, an extension header that does not parse': {
    headers: { 'Sec-WebSocket-Extensions': ';;' }
  }
})) {
  scenario(`${name}, accepted`, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    wss.on('connection', (ws, req) => {
      trace.note('server', 'connection', ws.protocol, ws.extensions, req);
      tools.own(ws);
    });
    await noteResponse(trace, tools, port, good);
  });
}

scenario(
  '9.22: a refused client is not waited for',
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
  '9.4: without Connection: Upgrade it is a plain request',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve();

    await noteResponse(trace, tools, port, {
      headers: { Connection: 'close' }
    });
  }
);

scenario('9.26: HTTP/1.0', async (WebSocket, trace, tools) => {
  const { wss, port } = await tools.serve();
  const peer = await tools.dial(port);

  wss.on('connection', (ws) => tools.own(ws));
  peer.write(Buffer.from(requestHead().replace('HTTP/1.1', 'HTTP/1.0')));
  trace.lines('wire', await peer.head());
});

scenario("9.9: arguments of 'connection'", async (WebSocket, trace, tools) => {
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
  '9.27: frames in the segment of the request',
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
  '9.27: half a frame in the segment of the request',
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
  '9.27: a bad frame in the segment of the request',
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
  '9.19: a FIN right behind the request',
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
  '9.26: the request comes byte by byte',
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
