'use strict';

const { Duplex } = require('stream');

const { compare, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { requestHead } = require('./support/raw-handshake');

const { PING, TEXT } = OPCODES;

/**
 * Makes an HTTP server with a listener of 'upgrade'.
 *
 * @param {Function} WebSocket The implementation
 * @param {Tools} tools The tools
 * @param {Function} upgrade Gets the WebSocketServer and the arguments of the
 *     event
 * @return {Promise<Object>} `wss` and `port`
 */
async function serve(WebSocket, tools, upgrade) {
  const { server, port } = await tools.serveHttp();
  const wss = new WebSocket.Server({ noServer: true });

  server.on('upgrade', (...values) => upgrade(wss, ...values));
  return { wss, port };
}

scenario(
  '9.27: handleUpgrade() is synchronous',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await serve(
      WebSocket,
      tools,
      (wss, req, socket, head) => {
        wss.on('headers', () => trace.note('server', 'headers'));
        trace.call('server', 'handleUpgrade', () =>
          wss.handleUpgrade(req, socket, head, (...values) => {
            const [ws, request] = values;

            trace.note('server', 'callback', values.length, request === req);
            trace.note('server', 'state', ws.readyState, wss.clients.has(ws));
            trace.note('server', 'socket', ws._socket === socket);
            trace.watch('server', ws);
            tools.own(ws);
          })
        );
        trace.note('server', 'clients', wss.clients.size);
      }
    );

    wss.on('connection', () => trace.note('server', 'connection'));

    const peer = await tools.dialWebSocket(port);

    trace.lines('wire', peer.response);
    peer.write(peer.closeFrame(1000));
    await tools.event([...wss.clients][0], 'close');
  }
);

for (const [what, pause] of Object.entries({
  'a microtask': () => null,
  'a turn': (tools) => tools.turns(1),
  'some time': (tools) => tools.delay(20)
})) {
  scenario(
    `9.27: handleUpgrade() after ${what}`,
    async (WebSocket, trace, tools) => {
      const { port } = await serve(
        WebSocket,
        tools,
        async (wss, req, socket, head) => {
          await pause(tools);
          wss.handleUpgrade(req, socket, head, (ws) => {
            trace.watch('server', ws);
            ws.send('welcome');
            tools.own(ws);
          });
        }
      );
      const peer = await tools.dial(port);

      peer.write(
        Buffer.from(requestHead()),
        peer.frame(TEXT, 'in the head'),
        peer.frame(PING, 'too')
      );
      trace.note('wire', 'response', (await peer.head())[0]);
      trace.lines('wire', (await peer.frames(2)).map(describeFrame).sort());
      peer.write(peer.frame(TEXT, 'later'), peer.closeFrame(1000));
      trace.lines('wire', await peer.rest());
    }
  );
}

scenario(
  '9.27: frames that arrive before handleUpgrade()',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await serve(
      WebSocket,
      tools,
      async (wss, req, socket, head) => {
        peer.write(peer.frame(TEXT, 'early'));
        await tools.delay(20);
        trace.note('server', 'head', head.length);
        wss.handleUpgrade(req, socket, head, (ws) => {
          trace.watch('server', ws);
          wss.emit('connection', ws, req);
        });
      }
    );
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dial(port);

    peer.write(Buffer.from(requestHead()));

    const [ws] = await connected;

    await peer.head();
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

scenario(
  '9.20: handleUpgrade() twice with the same socket',
  async (WebSocket, trace, tools) => {
    const { port } = await serve(WebSocket, tools, (wss, req, socket, head) => {
      wss.handleUpgrade(req, socket, head, (ws) => tools.own(ws));
      trace.call('server', 'again', () =>
        wss.handleUpgrade(req, socket, head, () => {})
      );

      const other = new WebSocket.Server({ noServer: true });

      trace.call('server', 'of another server', () =>
        other.handleUpgrade(req, socket, head, () => {})
      );
    });
    const peer = await tools.dialWebSocket(port);

    trace.note('wire', 'response', peer.response[0]);
  }
);

scenario(
  '9.19: handleUpgrade() with a destroyed socket',
  async (WebSocket, trace, tools) => {
    const { port } = await serve(WebSocket, tools, (wss, req, socket, head) => {
      socket.destroy();
      trace.call('server', 'handleUpgrade', () =>
        wss.handleUpgrade(req, socket, head, () =>
          trace.note('server', 'callback')
        )
      );
      trace.note('server', 'clients', wss.clients.size);
    });
    const peer = await tools.dial(port);

    peer.write(Buffer.from(requestHead()));
    trace.lines('wire', await peer.rest());
  }
);

scenario(
  '9.19: handleUpgrade() with an ended socket',
  async (WebSocket, trace, tools) => {
    const { port } = await serve(WebSocket, tools, (wss, req, socket, head) => {
      socket.end('HTTP/1.1 500 Mine\r\n\r\n');
      trace.call('server', 'handleUpgrade', () =>
        wss.handleUpgrade(req, socket, head, () =>
          trace.note('server', 'callback')
        )
      );
      trace.note('server', 'destroyed', socket.destroyed);
    });
    const peer = await tools.dial(port);

    peer.write(Buffer.from(requestHead()));
    await peer.until(() => peer.ended).catch(() => {});
  }
);

scenario(
  '9.22: a bad request given to handleUpgrade()',
  async (WebSocket, trace, tools) => {
    const { port } = await serve(WebSocket, tools, (wss, req, socket, head) => {
      trace.call('server', 'handleUpgrade', () =>
        wss.handleUpgrade(req, socket, head, () =>
          trace.note('server', 'callback')
        )
      );
      trace.note('server', 'listeners', socket.listenerCount('error'));
    });
    const peer = await tools.dialWebSocket(port, {
      headers: { 'Sec-WebSocket-Key': 'x' }
    });

    await peer.until(() => peer.ended);
    trace.lines('wire', peer.response);
    trace.note('wire', 'body', peer.bytes);
  }
);

scenario(
  '9.31: listeners of the socket after handleUpgrade()',
  async (WebSocket, trace, tools) => {
    const events = ['error', 'close', 'end', 'data', 'drain', 'timeout'];
    const { port } = await serve(WebSocket, tools, (wss, req, socket, head) => {
      const before = events.map((event) => socket.listenerCount(event));

      wss.handleUpgrade(req, socket, head, (ws) => {
        trace.note(
          'server',
          'more',
          events
            .filter((event) => event !== 'data')
            .map(
              (event) =>
                socket.listenerCount(event) - before[events.indexOf(event)]
            )
        );
        tools.own(ws);
      });
    });

    await tools.dialWebSocket(port);
  }
);

scenario(
  '9.31: several servers on one HTTP server',
  async (WebSocket, trace, tools) => {
    const servers = {
      '/one': new WebSocket.Server({ noServer: true }),
      '/two': new WebSocket.Server({ noServer: true })
    };
    const { server, port } = await tools.serveHttp();

    server.on('upgrade', (req, socket, head) => {
      const wss = servers[req.url];

      if (!wss) {
        socket.destroy();
        return;
      }

      wss.handleUpgrade(req, socket, head, (ws) => {
        wss.emit('connection', ws, req);
      });
    });

    for (const [path, wss] of Object.entries(servers)) {
      wss.on('connection', (ws) => {
        tools.own(ws).on('message', (data) => ws.send(`${path} ${data}`));
      });
    }

    for (const path of ['/one', '/two', '/one', '/three']) {
      const ws = tools.client(`ws://127.0.0.1:${port}${path}`, {
        perMessageDeflate: false
      });

      trace.watch(path, ws);
      ws.on('open', () => ws.send('hello'));
      await Promise.race([
        tools.event(ws, 'message'),
        tools.event(ws, 'close')
      ]);
    }
  }
);

scenario(
  '9.31: two servers with paths that both listen for upgrades',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();

    new WebSocket.Server({ path: '/one', server });
    new WebSocket.Server({ path: '/two', server });

    const peer = await tools.dial(port);

    peer.write(Buffer.from(requestHead({ path: '/two' })));
    trace.note('wire', 'response', (await peer.head())[0]);
  }
);

scenario(
  '11.23: completeUpgrade() may be overridden',
  async (WebSocket, trace, tools) => {
    class Server extends WebSocket.Server {
      completeUpgrade(...values) {
        const [extensions, key, protocols, req, socket, head, cb] = values;

        trace.note('server', 'completeUpgrade', values.length, extensions, key);
        trace.note(
          'server',
          'protocols',
          protocols,
          req,
          socket,
          head,
          typeof cb
        );
        return super.completeUpgrade(...values);
      }

      handleUpgrade(...values) {
        trace.note('server', 'handleUpgrade', values.length);
        return super.handleUpgrade(...values);
      }
    }

    const { server, port } = await tools.serveHttp();
    const wss = new Server({ server });

    wss.on('connection', (ws) => {
      trace.note('server', 'connection', tools.own(ws).protocol);
    });

    const peer = await tools.dialWebSocket(port, {
      headers: { 'Sec-WebSocket-Protocol': 'a, b' }
    });

    trace.lines('wire', peer.response);
  }
);

scenario(
  '9.31: handleUpgrade() with a Duplex of any kind',
  async (WebSocket, trace, tools) => {
    const written = [];
    const socket = new Duplex({
      read() {},
      write(chunk, encoding, callback) {
        written.push(chunk);
        callback();
      }
    });
    const wss = new WebSocket.Server({ noServer: true });
    const req = {
      headers: {
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        upgrade: 'websocket'
      },
      method: 'GET',
      url: '/'
    };
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);

    wss.handleUpgrade(req, socket, frame, (ws) => {
      trace.watch('server', ws);
      ws.send('text');
    });
    socket.push(frame);
    socket.push(null);
    await tools.event([...wss.clients][0], 'close');
    trace.note('wire', 'written', Buffer.concat(written).toString('latin1'));
  }
);

compare(__filename);
