'use strict';

const net = require('net');

const { compare, scenario } = require('./support/differential');
const { steadyHead } = require('./support/raw-handshake');

const plain = { perMessageDeflate: false };

/**
 * Has a client shake hands with a raw server and notes the request.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Function} address Makes the address of `127.0.0.1:port`
 * @param {Object} options Options of the client
 * @return {Promise<WebSocket>} The client, open
 */
async function noteRequest(trace, tools, address, options) {
  const { url } = await tools.serveRaw((peer) => {
    trace.lines('wire', steadyHead(peer.request));
    peer.accept();
  });
  const ws = tools.client(address(url.slice('ws://'.length)), {
    ...plain,
    ...options
  });

  trace.watch('client', ws);
  await tools.event(ws, 'open');
  return ws;
}

for (const [title, address, options] of [
  [
    '4.7: order of headers',
    (host) => `ws://${host}/path?query`,
    {
      headers: { Foo: 'bar', 'x-lower': 1 },
      origin: 'http://example.com'
    }
  ],
  ['4.7: no path', (host) => `ws://${host}?query`, {}],
  ['4.7: encoded path', (host) => `ws://${host}/ä%20b c?d=e&f`, {}],
  [
    "4.7: users' headers cannot replace those of the handshake",
    (host) => `ws://${host}`,
    {
      headers: {
        Connection: 'close',
        Upgrade: 'foo',
        'Sec-WebSocket-Key': 'x',
        'Sec-WebSocket-Version': 7,
        Origin: 'a'
      }
    }
  ],
  [
    '4.10: Host may be replaced',
    (host) => `ws://${host}`,
    {
      headers: { Host: 'example.com' }
    }
  ],
  [
    '4.7: headers of several values',
    (host) => `ws://${host}`,
    {
      headers: { Cookie: ['a=b', 'c=d'], 'X-List': ['1', '2'] }
    }
  ],
  ['4.11: userinfo', (host) => `ws://user:pass@${host}`, {}],
  ['4.11: userinfo without password', (host) => `ws://user@${host}`, {}],
  ['4.11: userinfo without name', (host) => `ws://:pass@${host}`, {}],
  [
    '4.11: userinfo is percent-decoded',
    (host) => `ws://us%3aer:p%C3%A4ss%25@${host}`,
    {}
  ],
  [
    '4.11: userinfo that does not decode',
    (host) => `ws://%E0%A4:%zz@${host}`,
    {}
  ],
  ['4.11: option auth', (host) => `ws://${host}`, { auth: 'foo:bar' }],
  [
    '4.11: userinfo wins over auth',
    (host) => `ws://user:pass@${host}`,
    { auth: 'foo:bar' }
  ],
  [
    '4.12: Authorization wins over both',
    (host) => `ws://user:pass@${host}`,
    {
      auth: 'foo:bar',
      headers: { authorization: 'Bearer x' }
    }
  ],
  ['3.29: option setHost', (host) => `ws://${host}`, { setHost: false }]
]) {
  scenario(title, async (WebSocket, trace, tools) => {
    await noteRequest(trace, tools, address, options);
  });
}

scenario(
  '4.9, 3.26: request: the offer of permessage-deflate',
  async (WebSocket, trace, tools) => {
    await noteRequest(trace, tools, (host) => `ws://${host}`, {
      perMessageDeflate: true
    });
  }
);

scenario('4.8: keys are 16 random bytes', async (WebSocket, trace, tools) => {
  const keys = new Set();
  const { url } = await tools.serveRaw((peer) => {
    const line = peer.request.find((l) => l.startsWith('Sec-WebSocket-Key'));
    const key = line.split(': ')[1];

    trace.note('wire', 'length', Buffer.from(key, 'base64').length);
    keys.add(key);
    peer.accept();
  });

  for (let i = 0; i < 3; i++)
    await tools.event(tools.client(url, plain), 'open');
  trace.note('wire', 'distinct', keys.size);
});

scenario(
  '4.10: the default port is left out of Host',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serveRaw((peer) => {
      trace.lines('wire', steadyHead(peer.request));
      peer.accept();
    });

    for (const url of [
      'ws://example.invalid/',
      'ws://example.invalid:80/',
      'ws://example.invalid:81/'
    ]) {
      const ws = tools.client(url, {
        ...plain,
        createConnection(options) {
          trace.note(
            'client',
            'connect',
            options.host,
            options.port,
            options.path
          );
          return net.connect(port, '127.0.0.1');
        }
      });

      await tools.event(ws, 'open');
      trace.note('client', 'url', ws.url);
    }
  }
);

scenario('4.3: IPv6 loses its brackets', async (WebSocket, trace, tools) => {
  const { port } = await tools.serveRaw((peer) => {
    trace.lines('wire', steadyHead(peer.request));
    peer.accept();
  });
  const ws = tools.client('ws://[::1]:7/', {
    ...plain,
    createConnection(options) {
      trace.note('client', 'connect', options.host, options.port);
      return net.connect(port, '127.0.0.1');
    }
  });

  await tools.event(ws, 'open');
});

scenario(
  '3.16: finishRequest replaces req.end()',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      trace.lines('wire', steadyHead(peer.request));
      peer.accept();
    });
    const ws = tools.client(url, {
      ...plain,
      finishRequest(req, websocket) {
        trace.note('client', 'finishRequest', req, websocket.readyState);
        trace.note('client', 'request', websocket._req === req);
        req.setHeader('X-Late', 'header');
        setImmediate(() => req.end());
      }
    });

    await tools.event(ws, 'open');
  }
);

scenario('3.16: finishRequest that throws', async (WebSocket, trace, tools) => {
  const { url } = await tools.serveRaw(() => {});

  trace.call('client', 'constructor', () =>
    tools.client(url, {
      finishRequest(req) {
        req.on('error', () => {});
        req.destroy();
        throw new RangeError('mine');
      }
    })
  );
});

scenario('4.13: ws+unix with a path', async (WebSocket, trace, tools) => {
  const socketPath = tools.socketPath();

  await tools.serveRaw((peer) => {
    trace.lines('wire', steadyHead(peer.request));
    peer.accept();
  }, socketPath);

  for (const rest of ['', ':', ':/', ':/a/b?c=d', '?a=b', ':/a:b?c:d']) {
    const ws = tools.client(`ws+unix:${socketPath}${rest}`, plain);

    trace.note('client', 'url', ws.url);
    trace.watch('client', ws);
    await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
  }
});

scenario('4.13, 4.26: ws+unix to nothing', async (WebSocket, trace, tools) => {
  const ws = tools.client('ws+unix:/nonexistent/socket:/', plain);

  trace.watch('client', ws);
  await tools.event(ws, 'close');
});

compare(__filename);
