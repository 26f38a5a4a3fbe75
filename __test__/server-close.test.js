'use strict';

const { compare, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');

const { TEXT } = OPCODES;

/**
 * Connects raw clients to a server.
 *
 * @param {Tools} tools The tools
 * @param {WebSocketServer} wss The server
 * @param {Number} port Its port
 * @param {Number} count How many
 * @return {Promise<Object[]>} Pairs of `ws` and `peer`
 */
async function connect(tools, wss, port, count) {
  const pairs = [];

  for (let i = 0; i < count; i++) {
    const connected = tools.event(wss, 'connection');
    const peer = await tools.dialWebSocket(port);
    const [ws] = await connected;

    pairs.push({ ws: tools.own(ws), peer });
  }

  return pairs;
}

/**
 * Makes servers of every kind.
 *
 * @param {Function} WebSocket The implementation
 * @param {Tools} tools The tools
 * @return {Object.<String, Function>} For each kind a function that makes a
 *     server, given further options
 */
function kinds(WebSocket, tools) {
  return {
    port: (options) => tools.serve(options),
    async server(options) {
      const { server, port } = await tools.serveHttp();
      return { wss: new WebSocket.Server({ ...options, server }), port };
    },
    async noServer(options) {
      const { server, port } = await tools.serveHttp();
      const wss = new WebSocket.Server({ ...options, noServer: true });

      server.on('upgrade', (req, socket, head) => {
        wss.handleUpgrade(req, socket, head, (ws) => {
          wss.emit('connection', ws, req);
        });
      });

      return { wss, port };
    }
  };
}

for (const kind of ['port', 'server', 'noServer']) {
  scenario(
    `9.28: close() of an idle ${kind} server`,
    async (WebSocket, trace, tools) => {
      const { wss } = await kinds(WebSocket, tools)[kind]();
      let synchronous = true;

      wss.on('close', (...values) => {
        trace.note('server', 'close', synchronous, wss._state, ...values);
      });
      trace.call('server', 'close', () =>
        wss.close(function (...values) {
          trace.note('server', 'callback', this === wss, ...values);
        })
      );
      trace.note('server', 'state', wss._state, wss._server);
      synchronous = false;
      await tools.event(wss, 'close');
      trace.note('server', 'state', wss._state);
    }
  );

  scenario(
    `9.28: close() of a ${kind} server lets its clients live`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await kinds(WebSocket, tools)[kind]();
      const [first, second] = await connect(tools, wss, port, 2);

      trace.watch('server', wss, ['close']);
      wss.close(trace.callback('server', 'close()'));
      first.ws.on('message', (data) => first.ws.send(data));
      first.peer.send(TEXT, 'still there');
      trace.lines('wire', (await first.peer.frames(1)).map(describeFrame));
      trace.note('server', 'clients', wss.clients.size);
      first.ws.on('close', () => {
        trace.note('server', 'first client closed', wss.clients.size);
      });
      first.peer.write(first.peer.closeFrame(1000));
      await tools.event(first.ws, 'close');
      await tools.turns(3);
      second.ws.on('close', () => {
        trace.note('server', 'last client closed', wss.clients.size);
        process.nextTick(() => trace.note('server', 'tick'));
      });
      second.peer.write(second.peer.closeFrame(1000));
      await Promise.all([
        tools.event(wss, 'close'),
        tools.event(second.ws, 'close')
      ]);
    }
  );

  scenario(
    `9.28: close() of a ${kind} server without tracking`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await kinds(WebSocket, tools)[kind]({
        clientTracking: false
      });
      const [{ ws }] = await connect(tools, wss, port, 1);

      trace.watch('server', wss, ['close']);
      wss.close(trace.callback('server', 'close()'));
      await tools.turns(5);
      trace.note('server', 'terminate');
      ws.terminate();
      if (wss._state !== 2) await tools.event(wss, 'close');
    }
  );

  scenario(
    `9.29: close() of a ${kind} server twice`,
    async (WebSocket, trace, tools) => {
      const { wss } = await kinds(WebSocket, tools)[kind]();

      trace.watch('server', wss, ['close']);
      wss.close(trace.callback('server', 'first'));
      wss.close(trace.callback('server', 'second'));
      wss.close();
      await tools.event(wss, 'close');
      trace.note('server', 'again');
      wss.close(trace.callback('server', 'third'));
      wss.close();
      await tools.turns(3);
    }
  );

  scenario(
    `9.28: close() in 'connection' of a ${kind} server`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await kinds(WebSocket, tools)[kind]();

      wss.on('connection', (ws) => {
        trace.watch('ws', ws);
        wss.close(trace.callback('server', 'close()'));
        ws.close(1001);
      });

      const closed = Promise.all([
        tools.event(wss, 'close'),
        tools.event(wss, 'connection').then(([ws]) => tools.event(ws, 'close'))
      ]);
      const peer = await tools.dialWebSocket(port);

      trace.lines('wire', (await peer.frames(1)).map(describeFrame));
      peer.write(peer.closeFrame(1001));
      await closed;
    }
  );

  scenario(
    `9.28: terminate() of all clients of a closed ${kind} server`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await kinds(WebSocket, tools)[kind]();

      const clients = await connect(tools, wss, port, 3);
      const closed = clients.map(({ ws }) => {
        trace.watch('ws', ws, ['close']);
        ws.on('close', () => trace.note('server', 'client closed'));
        return tools.event(ws, 'close');
      });

      trace.watch('server', wss, ['close']);
      wss.close(trace.callback('server', 'close()'));
      for (const ws of wss.clients) ws.terminate();
      trace.note('server', 'clients', wss.clients.size);
      await Promise.all([tools.event(wss, 'close'), ...closed]);
      trace.note('server', 'clients', wss.clients.size);
    }
  );
}

scenario('9.28: close() before listening', async (WebSocket, trace, tools) => {
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
  const { _server: server } = wss;

  // Before Node 20 it listens all the same, and for ever.
  server.on('listening', () => server.close());

  trace.watch('server', wss, ['listening', 'close', 'error']);
  wss.close(trace.callback('server', 'close()'));
  await tools.event(wss, 'close');
  await tools.turns(3);
});

scenario(
  '9.21: close() refuses new upgrades with 503',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await kinds(WebSocket, tools).noServer();

    await connect(tools, wss, port, 1);
    wss.close();

    for (const state of ['closing', 'closed']) {
      const peer = await tools.dialWebSocket(port);

      await peer.until(() => peer.ended);
      trace.note('wire', state, peer.response, peer.bytes);
      for (const ws of wss.clients) ws.terminate();
      await tools.turns(5);
    }
  }
);

scenario(
  '9.28: close() of a port server refuses connections',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    await connect(tools, wss, port, 1);
    wss.close();
    await tools
      .dial(port)
      .catch((error) => trace.note('wire', 'refused', error.code));
  }
);

scenario(
  '9.8: close() leaves the HTTP server of others alone',
  async (WebSocket, trace, tools) => {
    const { server } = await tools.serveHttp();
    const wss = new WebSocket.Server({ server });

    server.on('close', () => trace.note('http', 'close'));
    wss.close();
    await tools.event(wss, 'close');
    trace.note('http', 'listening', server.listening);
  }
);

scenario(
  '9.28: the HTTP server waits for WebSockets',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({ server });
    const [{ ws, peer }] = await connect(tools, wss, port, 1);
    const closed = Promise.all([
      tools.event(server, 'close'),
      tools.event(ws, 'close')
    ]);

    server.close(() => trace.note('http', 'callback'));
    trace.watch('ws', ws);
    server.getConnections((error, count) => trace.note('http', 'open', count));
    await tools.turns(5);
    trace.note('http', 'peer closes');
    peer.write(peer.closeFrame(1000));
    await closed;
    server.getConnections((error, count) => trace.note('http', 'open', count));
    await tools.turns(1);
  }
);

scenario(
  '9.28: closeAllConnections() does not know WebSockets',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({ server });
    const [{ ws, peer }] = await connect(tools, wss, port, 1);

    trace.watch('ws', ws);
    server.closeAllConnections();
    await tools.turns(3);
    trace.note('ws', 'state', ws.readyState);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

scenario(
  "6.12: a listener of 'close' that throws",
  async (WebSocket, trace, tools) => {
    const wss = new WebSocket.Server({ noServer: true });

    wss.close(() => {
      throw new RangeError('mine');
    });
    await tools.event(process, 'uncaughtException');
    trace.note('server', 'state', wss._state);
  }
);

compare(__filename);
