'use strict';

const net = require('net');
const { Duplex } = require('stream');

const { compare, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { requestHead, steadyHead } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

const { PING, TEXT } = OPCODES;

const plain = { perMessageDeflate: false };

/** Long enough for anything on its way to arrive, in milliseconds. */
const QUIET = 50;

/** More than the kernel takes from a sender whose peer does not read. */
const STUCK = 16 * 1024 * 1024;

/** What may be done with a WebSocket at the very beginning. */
const ACTS = {
  'pause()': (ws, tools) => {
    ws.pause();
    setTimeout(() => ws.resume(), QUIET);
    return tools.delay(2 * QUIET);
  },
  'pause() and resume()': (ws) => {
    ws.pause();
    ws.resume();
  },
  'close()': (ws) => ws.close(4000, 'enough'),
  'terminate()': (ws) => ws.terminate(),
  '_socket.destroy()': (ws) => ws._socket.destroy(),
  '_socket.end()': (ws) => ws._socket.end(),
  'send() and close()': (ws) => {
    ws.send('one');
    ws.ping('two');
    ws.close(4000);
  },
  'send() and terminate()': (ws) => {
    ws.send('one');
    ws.terminate();
  }
};

for (const [name, act] of Object.entries(ACTS)) {
  scenario(
    `9.27: ${name} in 'connection' with frames in the head`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve({ closeTimeout: 500 });
      const peer = await tools.dial(port);
      const closed = new Promise((resolve) => {
        wss.on('connection', async (ws) => {
          trace.watch('server', ws);
          ws.on('close', resolve);
          await act(ws, tools);
        });
      });

      peer.write(
        Buffer.from(requestHead()),
        peer.frame(TEXT, 'head one'),
        peer.frame(TEXT, 'head two'),
        peer.closeFrame(1000)
      );
      await closed;
      trace.note('wire', 'response', (await peer.head())[0]);
      trace.lines('wire', await peer.rest());
    }
  );

  scenario(
    `4.37: ${name} in 'open' with frames in the segment of the response`,
    async (WebSocket, trace, tools) => {
      const rest = defer();
      const { url } = await tools.serveRaw((peer) => {
        peer.accept(
          {},
          peer.frame(TEXT, 'head one'),
          peer.frame(TEXT, 'head two'),
          peer.closeFrame(1000)
        );
        rest.resolve(peer.rest());
      });
      const ws = tools.client(url, { ...plain, closeTimeout: 500 });

      trace.watch('client', ws);
      ws.on('open', () => act(ws, tools));
      await tools.event(ws, 'close');
      trace.lines('wire', await rest.promise);
    }
  );
}

scenario(
  "9.27: what is sent in 'connection' follows the response",
  async (WebSocket, trace, tools) => {
    const { wss, port } = await tools.serve();

    wss.on('connection', (ws) => {
      tools.own(ws);
      ws.send('one');
      ws.send(Buffer.alloc(200000));
      ws._socket.write(Buffer.from([0x89, 0]));
      ws.send('two');
    });

    const peer = await tools.dialWebSocket(port);

    trace.note('wire', 'response', peer.response[0]);
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
  }
);

scenario(
  '9.26: an upgrade on a connection that has served requests',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp((req, res) => {
      res.setHeader('Content-Length', 2);
      res.end('ok');
    });
    const wss = new WebSocket.Server({ server });

    wss.on('connection', (ws, req) => {
      trace.watch('server', ws);
      trace.note('server', 'connection', req.url);
    });

    const peer = await tools.dial(port);

    for (let i = 0; i < 2; i++) {
      peer.write(Buffer.from(`GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`));
      trace.note('wire', 'response', steadyHead(await peer.head())[0]);
      await peer.until(() => peer.bytes.length === 2);
      peer.bytes = Buffer.alloc(0);
    }

    peer.write(Buffer.from(requestHead({ path: '/up' })));
    trace.note('wire', 'response', (await peer.head())[0]);
    peer.write(peer.frame(TEXT, 'hello'), peer.closeFrame(1000));
    trace.lines('wire', await peer.rest());
  }
);

scenario(
  '9.27: a request and an upgrade in one segment',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp((req, res) => {
      res.setHeader('Content-Length', 2);
      res.end('ok');
    });
    const wss = new WebSocket.Server({ server });

    wss.on('connection', (ws) => trace.watch('server', ws));

    const peer = await tools.dial(port);

    peer.write(
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from(requestHead()),
      peer.frame(TEXT, 'hello'),
      peer.closeFrame(1000)
    );
    await tools.event(wss, 'connection');
    await peer.until(() => peer.ended);

    const bytes = peer.bytes.toString('latin1');

    trace.note('wire', 'responses', bytes.match(/HTTP\/1.1 \d+/g));
    trace.note('wire', 'end', bytes.slice(-4));
  }
);

scenario(
  '9.26: what was written to the socket before stays ahead',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const wss = new WebSocket.Server({ noServer: true });

    server.on('upgrade', (req, socket, head) => {
      socket.write(Buffer.alloc(STUCK, '.'));
      wss.handleUpgrade(req, socket, head, (ws) => {
        trace.watch('server', ws);
        ws.send('hello');
        ws.on('message', (data) => ws.send(data));
      });
    });

    const peer = await tools.dial(port);

    peer.socket.pause();
    peer.write(Buffer.from(requestHead()));
    await tools.delay(QUIET);
    peer.socket.resume();
    await peer.until(() => peer.socket.bytesRead > STUCK);

    const dots = peer.bytes.indexOf('HTTP/1.1');

    trace.note('wire', 'ahead', dots);
    peer.bytes = peer.bytes.subarray(dots);
    trace.note('wire', 'response', (await peer.head())[0]);
    peer.write(peer.frame(TEXT, 'echo'));
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
    peer.write(peer.closeFrame(1000));
    trace.lines('wire', await peer.rest());
  }
);

scenario(
  '4.2: createConnection may return a Duplex that is no socket',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serveRaw((peer) => {
      peer.accept({}, peer.frame(TEXT, 'early'));
      peer
        .until(() => peer.bytes.length >= 8)
        .then(async () => {
          trace.lines('wire', (await peer.frames(1)).map(describeFrame));
          peer.write(peer.frame(PING, 'ping'), peer.closeFrame(1000));
        });
    });
    const ws = tools.client('ws://example.invalid', {
      ...plain,
      createConnection() {
        const socket = net.connect(port, '127.0.0.1');
        const duplex = new Duplex({
          destroy(error, callback) {
            socket.destroy();
            callback(error);
          },
          final(callback) {
            socket.end(callback);
          },
          read() {},
          write(chunk, encoding, callback) {
            socket.write(chunk, encoding, callback);
          }
        });

        socket.on('data', (chunk) => duplex.push(chunk));
        socket.on('end', () => duplex.push(null));
        return duplex;
      }
    });

    trace.watch('client', ws);
    ws.on('open', () => {
      trace.note('client', 'socket', ws._socket instanceof net.Socket);
      ws.send('hi');
    });
    await tools.event(ws, 'close');
  }
);

compare(__filename);
