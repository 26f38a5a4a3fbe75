'use strict';

const http = require('http');

const { compare, scenario } = require('./support/differential');
const { defer } = require('./support/tools');

const plain = { perMessageDeflate: false };
const REFUSAL =
  'HTTP/1.1 401 Unauthorized\r\nX-Foo: bar\r\nContent-Length: 4\r\n\r\nbody';

for (const method of ['close', 'terminate']) {
  scenario(
    `4.27, 4.31: ${method}() right after the constructor`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw(() => {});
      const ws = trace.watch('client', tools.client(url, plain));

      trace.call('client', method, () => ws[method]());
      trace.note('client', 'state at once', ws.readyState);
      process.nextTick(() =>
        trace.note('client', 'one tick later', ws.readyState)
      );
      await tools.event(ws, 'close');
      trace.note('client', 'afterwards', ws.readyState, ws._socket);
    }
  );

  scenario(
    `4.27: ${method}() while the request waits for its response`,
    async (WebSocket, trace, tools) => {
      const done = defer();
      const { url } = await tools.serveRaw(async (peer) => {
        ws[method]();
        trace.note('client', 'state at once', ws.readyState);
        trace.lines('wire', await peer.rest());
        done.resolve();
      });
      const ws = trace.watch('client', tools.client(url, plain));

      await tools.event(ws, 'close');
      await done.promise;
    }
  );

  scenario(
    `4.27: ${method}() twice while connecting`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw(() => {});
      const ws = trace.watch('client', tools.client(url, plain));

      ws[method]();
      trace.misuse('client', 'second call', () => ws[method]());
      await tools.event(ws, 'close');
      trace.call('client', 'third call', () => ws[method]());
      await tools.turns(3);
    }
  );

  scenario(
    `4.27, 4.31: ${method}() in a listener of 'error' and 'close'`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => peer.socket.end(REFUSAL));
      const ws = trace.watch('client', tools.client(url, plain));

      ws.on('error', () => trace.misuse('client', method, () => ws[method]()));
      ws.on('close', () => trace.misuse('client', method, () => ws[method]()));
      await tools.event(ws, 'close');
      await tools.turns(3);
    }
  );

  scenario(
    `4.27: ${method}() in a tick before the connection is tried`,
    async (WebSocket, trace, tools) => {
      const ws = trace.watch('client', tools.client('ws://127.0.0.1:1', plain));

      process.nextTick(() => ws[method]());
      await tools.event(ws, 'close');
    }
  );
}

scenario(
  '4.27: close() while connecting ignores its arguments',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(() => {});
    const ws = trace.watch('client', tools.client(url, plain));

    trace.call('client', 'close', () => ws.close(99999, { not: 'a reason' }));
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.25, 3.19: the handshake times out',
  async (WebSocket, trace, tools) => {
    const done = defer();
    const { url } = await tools.serveRaw(async (peer) => {
      trace.lines('wire', await peer.rest());
      done.resolve();
    });
    const ws = tools.client(url, { ...plain, handshakeTimeout: 50 });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
    await done.promise;
  }
);

scenario(
  '3.19: the timeout of the handshake is one of idleness',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(async (peer) => {
      const lines = [
        'HTTP/1.1 101 Switching Protocols\r\n',
        'Connection: Upgrade\r\n',
        'Upgrade: websocket\r\n'
      ];

      for (const line of lines) {
        peer.socket.write(line);
        await tools.delay(200);
      }
      peer.socket.write('\r\n');
    });
    const ws = tools.client(url, { ...plain, handshakeTimeout: 500 });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  '3.19, 4.38: no timeout once open',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const ws = tools.client(url, { ...plain, handshakeTimeout: 300 });

    trace.watch('client', ws);
    await tools.event(ws, 'open');
    await tools.delay(400);
    trace.note('client', 'state', ws.readyState);
    for (const server of wss.clients) server.close(1000);
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.25: a timeout shows the stack of nobody else',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(() => {});
    const ws = tools.client(url, { ...plain, handshakeTimeout: 20 });
    const [error] = await tools.event(ws, 'error');

    trace.note(
      'client',
      'keys',
      Object.keys(error),
      Object.getPrototypeOf(error) === Error.prototype
    );
  }
);

scenario(
  "4.30: 'unexpected-response' leaves all to its listener",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) =>
      peer.write(Buffer.from(REFUSAL))
    );
    const ws = trace.watch('client', tools.client(url, plain));
    const [req, res] = await tools.event(ws, 'unexpected-response');

    trace.note('client', 'arguments', req, res, req === ws._req);
    trace.note('client', 'response', res.statusCode, res.headers['x-foo']);

    let body = '';

    res.setEncoding('utf8');
    for await (const chunk of res) body += chunk;
    trace.note('client', 'body', body, ws.readyState);
    await tools.turns(3);
    trace.note('client', 'state', ws.readyState);
    ws.close();
    await tools.event(ws, 'close');
  }
);

for (const [name, end] of Object.entries({
  'req.destroy()': (ws, req) => req.destroy(),
  'req.destroy(error)': (ws, req) => req.destroy(new Error('mine')),
  'req.abort()': (ws, req) => req.abort(),
  'close()': (ws) => ws.close(),
  'terminate()': (ws) => ws.terminate(),
  'res.destroy()': (ws, req, res) => res.destroy()
})) {
  scenario(
    `4.30: 'unexpected-response' ended by ${name}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) =>
        peer.write(Buffer.from(REFUSAL.slice(0, -2)))
      );
      const ws = trace.watch('client', tools.client(url, plain));

      const [req, res] = await tools.event(ws, 'unexpected-response');
      const closed = tools.event(res, 'close');

      res.on('error', (error) => trace.note('response', 'error', error));
      end(ws, req, res);
      trace.note('client', 'state at once', ws.readyState);
      await closed;
      await tools.turns(3);
      trace.note('client', 'state afterwards', ws.readyState);
    }
  );
}

scenario(
  "4.30, 4.32: 'unexpected-response' of a redirect that is not followed",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) =>
      peer.socket.end(
        'HTTP/1.1 301 Moved Permanently\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'
      )
    );
    const ws = trace.watch('client', tools.client(url, plain));
    const [, res] = await tools.event(ws, 'unexpected-response');

    trace.note('client', 'response', res.statusCode, res.headers.location);
    ws.terminate();
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.26: a request destroyed by the user',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(() => {});
    const ws = trace.watch('client', tools.client(url, plain));

    ws._req.destroy(new RangeError('mine'));
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.26: an informational response comes first',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.write(Buffer.from('HTTP/1.1 102 Processing\r\n\r\n'));
      peer.accept();
    });
    const ws = trace.watch('client', tools.client(url, plain));

    await tools.event(ws, 'open');
  }
);

scenario(
  '5.1: send() in CONNECTING fails and the handshake goes on',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serve();
    const ws = trace.watch('client', tools.client(url, plain));

    for (const method of ['send', 'ping', 'pong']) {
      trace.call('client', method, () => ws[method]('x', () => {}));
    }
    trace.call('client', 'pause', () => ws.pause());
    trace.call('client', 'resume', () => ws.resume());
    trace.note('client', 'paused', ws.isPaused, ws.bufferedAmount);
    await tools.event(ws, 'open');
  }
);

scenario(
  '4.1: a keep-alive agent gets back no upgraded socket',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serve();
    const agent = new http.Agent({ keepAlive: true });
    const ws = tools.client(url, { ...plain, agent });

    await tools.event(ws, 'open');
    ws.close();
    await tools.event(ws, 'close');
    trace.note(
      'agent',
      'sockets',
      Object.keys(agent.sockets).length,
      Object.keys(agent.freeSockets).length
    );
  }
);

compare(__filename);
