'use strict';

const http = require('http');
const net = require('net');

const { compare, scenario } = require('./support/differential');
const { steadyHead } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

const EVENTS = ['listening', 'connection', 'error', 'close'];

/**
 * Reads a plain HTTP response.
 *
 * @param {Tools} tools The tools
 * @param {Number} port The port
 * @param {String} request The request
 * @return {Promise<String[]>} The lines of the head, and the body
 */
async function request(tools, port, request) {
  const peer = await tools.dial(port);

  peer.write(Buffer.from(request));

  const lines = steadyHead(await peer.head());

  await peer.until(() => peer.ended || peer.closed);
  return [...lines, peer.bytes.toString()];
}

scenario(
  '9.1: exactly one of port, server and noServer',
  async (WebSocket, trace) => {
    const server = http.createServer();

    for (const [name, values] of Object.entries({
      'no argument': [],
      undefined: [undefined],
      null: [null],
      'empty options': [{}],
      'port and server': [{ port: 0, server }],
      'port and noServer': [{ port: 0, noServer: true }],
      'server and noServer': [{ server, noServer: true }],
      'all three': [{ port: 0, server, noServer: true }],
      'port null': [{ port: null }],
      'noServer false': [{ noServer: false }],
      'port null and noServer': [{ port: null, noServer: true }],
      'port undefined and server': [{ port: undefined, server }],
      'server null and noServer': [{ server: null, noServer: 1 }]
    })) {
      trace.call('server', name, () => {
        new WebSocket.Server(...values);
        return 'no error';
      });
    }
  }
);

scenario('9.3: bad ports are refused by Node', async (WebSocket, trace) => {
  for (const port of [-1, 65536, {}, true]) {
    trace.call('server', `port ${port}`, () => {
      new WebSocket.Server({ port }).close();
    });
  }
});

/** Options ws does not have. */
const ADDED = ['handshakeTimeout', 'heartbeat', 'maxBackpressure'];

scenario('9.2: the options and their defaults', async (WebSocket, trace) => {
  const given = { noServer: true, foo: 'bar', path: '/x' };
  const wss = new WebSocket.Server(given);

  for (const [key, value] of Object.entries(wss.options).sort()) {
    if (key === 'WebSocket') trace.note('server', key, value === WebSocket);
    else if (!ADDED.includes(key)) trace.note('server', key, value);
  }

  trace.note('server', 'a copy', wss.options !== given, Object.keys(given));
  trace.note('server', 'state', wss._state, wss.clients, wss._server);
});

scenario(
  '9.2: perMessageDeflate true becomes an object',
  (WebSocket, trace) => {
    for (const perMessageDeflate of [true, false, undefined, {}]) {
      const wss = new WebSocket.Server({ noServer: true, perMessageDeflate });

      trace.note('server', 'option', wss.options.perMessageDeflate);
    }
  }
);

scenario('9.5: clientTracking', async (WebSocket, trace, tools) => {
  for (const clientTracking of [true, false, undefined, 1]) {
    const { wss, port } = await tools.serve({ clientTracking });
    const connected = tools.event(wss, 'connection');

    trace.note('server', 'clients', wss.clients);
    await tools.dialWebSocket(port);

    const [ws] = await connected;

    tools.own(ws);
    trace.note('server', 'size', wss.clients && wss.clients.size);
    trace.note('server', 'has', wss.clients && wss.clients.has(ws));
  }
});

scenario(
  "9.5: clients are added before 'connection' and removed before 'close'",
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();
    const connected = tools.event(wss, 'connection');

    wss.on('connection', (ws) => {
      trace.note('server', 'in connection', wss.clients.has(ws));
      ws.on('close', () => {
        trace.note('server', 'in close', wss.clients.has(ws));
      });
      ws.prependListener('close', () => {
        trace.note('server', 'in an early close', wss.clients.has(ws));
      });
    });

    const peer = await tools.dialWebSocket(port);
    const [ws] = await connected;

    trace.note('server', 'listeners of close', ws.listenerCount('close'));
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
  }
);

scenario('9.3, 9.6: port: listening', async (WebSocket, trace, tools) => {
  const order = [];
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, function () {
    order.push('callback', this === wss._server);
  });

  wss.on('listening', (...values) => order.push('event', values.length));
  trace.note('server', 'address at first', wss.address());
  await tools.event(wss, 'listening');
  tools.adopt(wss._server);

  const { address, family, port } = wss.address();

  trace.note('server', 'order', order);
  trace.note('server', 'address', address, family, typeof port);
  trace.note('server', 'kind', wss._server);
  trace.note(
    'server',
    'listeners',
    ...['listening', 'error', 'upgrade', 'request', 'close'].map((event) =>
      wss._server.listenerCount(event)
    )
  );
});

scenario(
  '9.3: port: host and backlog reach listen()',
  async (WebSocket, trace, tools) => {
    const { listen } = net.Server.prototype;

    net.Server.prototype.listen = function (...values) {
      net.Server.prototype.listen = listen;
      trace.note('server', 'listen', ...values.slice(0, 3), typeof values[3]);
      return listen.apply(this, values);
    };

    const wss = new WebSocket.Server({
      backlog: 7,
      host: '127.0.0.1',
      port: 0
    });

    await tools.event(wss, 'listening');
    tools.adopt(wss._server);
  }
);

scenario(
  '9.3: port: without host all addresses',
  async (WebSocket, trace, tools) => {
    const wss = new WebSocket.Server({ port: 0 });

    await tools.event(wss, 'listening');
    tools.adopt(wss._server);
    trace.note('server', 'address', wss.address().address);
  }
);

scenario(
  '9.4: port: plain requests get 426',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve();

    for (const method of ['GET', 'POST', 'HEAD']) {
      const head = `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

      trace.lines('wire', await request(tools, port, head));
    }
  }
);

scenario('9.32: port: one that is taken', async (WebSocket, trace, tools) => {
  const { port } = await tools.serve();
  const wss = new WebSocket.Server({ host: '127.0.0.1', port });

  trace.watch('server', wss, EVENTS);
  await tools.event(wss, 'error');
  trace.note('server', 'address', wss.address());
});

scenario(
  '9.32: port: one that is taken and no listener',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serve();

    new WebSocket.Server({ host: '127.0.0.1', port });
    await tools.event(process, 'uncaughtException');
  }
);

scenario(
  '9.8: server: listeners are added and taken away',
  async (WebSocket, trace, tools) => {
    const { server } = await tools.serveHttp();
    const counts = () =>
      ['listening', 'error', 'upgrade', 'close', 'request'].map((event) =>
        server.listenerCount(event)
      );

    trace.note('server', 'before', ...counts());

    const wss = new WebSocket.Server({ server });

    trace.note('server', 'with', ...counts(), wss._server === server);
    trace.note('server', 'address', wss.address().family);
    wss.close();
    trace.note('server', 'after', ...counts(), wss._server, wss.address());
  }
);

scenario(
  '9.32: server: events are passed on',
  async (WebSocket, trace, tools) => {
    const server = http.createServer();
    const wss = new WebSocket.Server({ server });

    trace.watch('server', wss, EVENTS);
    trace.note('server', 'address', wss.address());
    server.listen(0, '127.0.0.1');
    await tools.event(wss, 'listening');
    tools.adopt(server);
    server.emit('error', new RangeError('mine'));
    server.emit('close');
  }
);

scenario(
  '9.3: server: the callback is not called',
  async (WebSocket, trace, tools) => {
    const { server } = await tools.serveHttp();
    const wss = new WebSocket.Server({ server }, () => {
      trace.note('server', 'callback');
    });

    server.emit('listening');
    trace.note('server', 'listeners', wss.listenerCount('listening'));
  }
);

scenario(
  '9.31: server: an emitter of upgrades suffices',
  async (WebSocket, trace, tools) => {
    const { server } = await tools.serveHttp();
    const emitter = new (require('events'))();
    const wss = new WebSocket.Server({ server: emitter });

    server.on('upgrade', (...values) => emitter.emit('upgrade', ...values));
    wss.on('connection', (ws) => {
      trace.note('server', 'connection', tools.own(ws).readyState);
    });

    const { port } = server.address();
    const peer = await tools.dialWebSocket(port);

    trace.lines('wire', peer.response);
  }
);

scenario(
  '11.24: the HTTP server can be reached through _server',
  async (WebSocket, trace, tools) => {
    const { wss } = await tools.serve();

    trace.call('server', 'unref', () => wss._server.unref() === wss._server);
    trace.call('server', 'ref', () => wss._server.ref() === wss._server);
    trace.note('server', 'listening', wss._server.listening);
  }
);

scenario('9.6: noServer has no address', (WebSocket, trace) => {
  const wss = new WebSocket.Server({ noServer: true });

  trace.call('server', 'address', () => wss.address());
  wss.close();
  trace.call('server', 'address', () => wss.address());
});

scenario('9.6: listening on a Unix socket', async (WebSocket, trace, tools) => {
  const server = http.createServer();
  const wss = new WebSocket.Server({ server });
  const socketPath = tools.socketPath();
  const gone = defer();

  wss.on('connection', (ws, req) => {
    trace.note('server', 'connection', req.url, req.socket.remoteAddress);
    trace.watch('server', ws);
    ws.on('message', (data) => ws.send(data));
    ws.on('close', gone.resolve);
  });
  server.listen(socketPath);
  await tools.event(wss, 'listening');
  tools.atEnd(() => server.close());
  trace.note('server', 'address', wss.address());

  const ws = tools.client(`ws+unix:${socketPath}:/path`, {
    perMessageDeflate: false
  });

  trace.watch('client', ws);
  ws.on('open', () => ws.send('hello'));
  await tools.event(ws, 'message');
  ws.close(1000);
  await Promise.all([tools.event(ws, 'close'), gone.promise]);
});

for (const [path, urls] of Object.entries({
  '/chat': [
    '/chat',
    '/chat?x=y',
    '/chat/',
    '/',
    '/Chat',
    '/chat/room',
    '//chat'
  ],
  '/': ['/', '/?a', '/x'],
  '': ['/', '/anything']
})) {
  scenario(`9.7: path '${path}'`, async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ path });

    wss.on('connection', (ws) => tools.own(ws));

    for (const url of urls) {
      const peer = await tools.dialWebSocket(port, { path: url });

      trace.note('wire', url, peer.response[0]);
    }
  });
}

scenario(
  '9.7, 11.23: shouldHandle() may be overridden',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve({ path: '/x' });

    wss.on('connection', (ws) => tools.own(ws));
    wss.shouldHandle = function (req) {
      trace.note('server', 'shouldHandle', this === wss, req.url);
      return req.url === '/mine' ? 'truthy' : 0;
    };

    for (const path of ['/mine', '/x']) {
      const peer = await tools.dialWebSocket(port, { path });

      trace.lines('wire', peer.response);
    }
  }
);

scenario('9.7: shouldHandle() can be called', (WebSocket, trace) => {
  const wss = new WebSocket.Server({ noServer: true, path: '/x' });

  for (const url of ['/x', '/x?y', '/y', '', '?']) {
    trace.note('server', url, wss.shouldHandle({ url }));
  }
});

compare(__filename);
