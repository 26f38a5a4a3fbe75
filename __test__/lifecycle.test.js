'use strict';

const assert = require('assert');
const fs = require('fs');
const http = require('http');

const { scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { collectGarbage, collectUntil } = require('./support/garbage');
const { verify } = require('./support/verify');

const { BINARY, PING, PONG, TEXT } = OPCODES;

const CLOSING = 2;
const CLOSED = 3;

/** Every call there is, and some in a row, none of which may throw. */
const CALLS = {
  close: (ws) => ws.close(),
  'close with a code': (ws) => ws.close(1001, 'going away'),
  terminate: (ws) => ws.terminate(),
  'close and terminate': (ws) => {
    ws.close();
    ws.terminate();
  },
  'terminate and close': (ws) => {
    ws.terminate();
    ws.close(1000);
  },
  'close twice': (ws) => {
    ws.close();
    ws.close();
  }
};

/**
 * Opens a WebSocket to a raw server that has accepted it.
 *
 * @param {Tools} tools The tools
 * @return {Promise<{ws: WebSocket, peer: RawPeer}>} Both ends
 */
function open(tools) {
  return tools.openClient({ closeTimeout: 100 });
}

/** Brings a WebSocket to a state and leaves it there. */
const STATES = {
  'before there is a connection': async (tools) => {
    const { url } = await tools.serve();

    return tools.client(url);
  },

  'before there is a response': async (tools) => {
    let ws;

    await new Promise((resolve) => {
      tools.serveRaw(resolve).then(({ url }) => {
        ws = tools.client(url);
        ws.on('error', () => {});
      });
    });
    return ws;
  },

  open: async (tools) => (await open(tools)).ws,

  paused: async (tools) => {
    const { ws, peer } = await open(tools);

    ws.pause();
    peer.write(peer.frame(TEXT, 'unread'), peer.frame(BINARY, 'unread'));
    await tools.delay(10);
    return ws;
  },

  'with much unsent': async (tools) => {
    const { ws, peer } = await open(tools);

    peer.socket.pause();
    for (let i = 0; i < 16; i++) ws.send(Buffer.alloc(1 << 20), () => {});
    return ws;
  },

  'with a message half received': async (tools) => {
    const { ws, peer } = await open(tools);

    peer.write(peer.frame(TEXT, 'half', { length: 1 << 20 }));
    await tools.delay(10);
    return ws;
  },

  'after a close frame was sent': async (tools) => {
    const { ws } = await open(tools);

    ws.close(1000);
    await tools.delay(10);
    assert.strictEqual(ws.readyState, CLOSING);
    return ws;
  },

  'after a close frame was received': async (tools) => {
    const { ws, peer } = await open(tools);

    peer.holdsOpen = true;
    peer.write(peer.closeFrame(1000));
    await peer.until(() => peer.ended);
    return ws;
  },

  'after a protocol error': async (tools) => {
    const { ws, peer } = await open(tools);
    const error = tools.event(ws, 'error');

    peer.holdsOpen = true;
    peer.send(3, '');
    await error;
    return ws;
  },

  'while it is destroyed': async (tools) => {
    const { ws } = await open(tools);

    ws.terminate();
    return ws;
  },

  closed: async (tools) => {
    const { ws, peer } = await open(tools);

    peer.reset();
    await tools.event(ws, 'close');
    return ws;
  }
};

for (const [state, reach] of Object.entries(STATES)) {
  scenario(`every way to close, ${state}`, async (WebSocket, trace, tools) => {
    for (const call of Object.values(CALLS)) {
      const ws = await reach(tools);
      let closes = ws.readyState === CLOSED ? 1 : 0;

      ws.on('error', () => {});
      ws.on('close', () => closes++);
      call(ws);
      while (ws.readyState !== CLOSED) await tools.delay(5);
      for (const again of Object.values(CALLS)) again(ws);
      await tools.turns(3);
      assert.strictEqual(closes, 1);
    }
  });
}

/** Has every event of a WebSocket happen. */
function provoke(peer) {
  peer.write(
    peer.frame(TEXT, 'text'),
    peer.frame(PING, ''),
    peer.frame(PONG, ''),
    peer.frame(BINARY, 'binary'),
    peer.frame(3, '')
  );
}

for (const event of ['message', 'ping', 'pong', 'error', 'close']) {
  scenario(
    `every way to close, in a listener of '${event}'`,
    async (WebSocket, trace, tools) => {
      for (const call of Object.values(CALLS)) {
        const { ws, peer } = await open(tools);
        let closes = 0;

        ws.on('error', () => {});
        ws.on(event, () => call(ws));
        ws.on('close', () => closes++);
        provoke(peer);
        await tools.event(ws, 'close');
        await tools.turns(3);
        assert.strictEqual(closes, 1);
      }
    }
  );
}

for (const event of ['upgrade', 'open']) {
  scenario(
    `every way to close, in a listener of '${event}'`,
    async (WebSocket, trace, tools) => {
      for (const call of Object.values(CALLS)) {
        const { url } = await tools.serve();
        const ws = tools.client(url, { closeTimeout: 100 });
        let closes = 0;

        ws.on('error', () => {});
        ws.on(event, () => call(ws));
        ws.on('close', () => closes++);
        await tools.event(ws, 'close');
        await tools.turns(3);
        assert.strictEqual(closes, 1);
      }
    }
  );
}

scenario(
  'every way to close, in a callback of send()',
  async (WebSocket, trace, tools) => {
    for (const call of Object.values(CALLS)) {
      const { ws } = await open(tools);

      ws.send('x', () => call(ws));
      ws.send('y'.repeat(100000), () => call(ws));
      await tools.event(ws, 'close');
    }
  }
);

/** What may be called when everything is over. */
const USES = {
  send: (ws, done) => ws.send('x', done),
  'send of much': (ws, done) => ws.send(Buffer.alloc(1 << 20), done),
  'send of a Blob': (ws, done) => ws.send(new Blob(['x']), done),
  ping: (ws, done) => ws.ping('x', undefined, done),
  pong: (ws, done) => ws.pong('x', undefined, done),
  pause: (ws) => ws.pause(),
  resume: (ws) => ws.resume(),
  'the properties': (ws) => [ws.bufferedAmount, ws.url, ws.extensions],
  binaryType: (ws) => {
    ws.binaryType = 'arraybuffer';
  },
  'the properties of the socket': ({ _socket: socket }) => [
    socket.bytesRead,
    socket.bytesWritten,
    socket.remoteAddress,
    socket.localPort,
    socket.address()
  ],
  'the methods of the socket': ({ _socket: socket }) => {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 1000);
    socket.setTimeout(10);
    socket.setTimeout(0);
    socket.ref();
    socket.unref();
    socket.pause();
    socket.resume();
    socket.cork();
    socket.uncork();
    socket.destroy();
    socket.resetAndDestroy();
    socket.end();
  },
  'a write to the socket': ({ _socket: socket }, done) => {
    socket.write('x', done);
  },
  'frames from the sender': ({ _sender: sender }, done) => {
    sender.sendFrame(sender.constructor.frame(Buffer.from('x'), FRAME), done);
  }
};

const FRAME = {
  fin: true,
  rsv1: false,
  opcode: 1,
  mask: false,
  readOnly: true
};

for (const [name, use] of Object.entries(USES)) {
  scenario(`use after the end: ${name}`, async (WebSocket, trace, tools) => {
    for (const end of ['close', 'terminate', 'reset']) {
      const { ws, peer } = await open(tools);
      const errors = [];
      const done = (error) => errors.push(error);
      const closed = tools.event(ws, 'close');

      if (end === 'reset') peer.reset();
      else ws[end]();

      await closed;
      use(ws, done);
      await tools.delay(5);
      if (use.length === 2) assert.ok(errors[0] instanceof Error, end);

      // A new connection may have got what the old one was known by.
      const next = await open(tools);

      use(ws, done);
      next.ws.send('still here');

      const [frame] = await next.peer.frames(1);

      assert.strictEqual(String(Buffer.from(frame.payload)), 'still here');
      assert.strictEqual(next.ws.readyState, 1);
    }
  });
}

scenario(
  'WebSockets that nothing refers to go on to work',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const count = 50;
    let opened = 0;
    let messages = 0;

    for (let i = 0; i < count; i++) {
      const ws = new WebSocket(url);

      ws.on('open', () => opened++);
      ws.on('message', () => messages++);
    }

    while (opened < count) await tools.delay(5);

    for (let round = 1; round <= 3; round++) {
      collectGarbage();
      for (const ws of wss.clients) ws.send(Buffer.alloc(10000));
      while (messages < round * count) await tools.delay(5);
    }

    for (const ws of wss.clients) ws.terminate();
  }
);

scenario(
  'nothing keeps a WebSocket in memory that was closed',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const references = [];
    let closed = 0;

    wss.on('connection', (ws) => {
      references.push(new WeakRef(ws), new WeakRef(ws._socket));
      ws.on('close', () => closed++);
      ws.on('message', (data) => ws.send(data, () => {}));
    });

    for (let i = 0; i < 100; i++) {
      const ws = new WebSocket(url);

      references.push(new WeakRef(ws));
      ws.on('open', () => ws.send(Buffer.alloc(10000), () => {}));
      ws.on('message', () => (i % 2 ? ws.close() : ws.terminate()));
      ws.on('close', () => closed++);
    }

    while (closed < 200) await tools.delay(5);

    const alive = () => references.filter((ref) => ref.deref()).length;

    // The HTTP parser, which Node uses again, may remember a few.
    await collectUntil(() => alive() <= 5);
    assert.ok(alive() <= 5, `${alive()} are alive`);
  }
);

scenario(
  'messages are whole however often garbage is collected',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();
    const kept = [];
    const count = 2000;

    server.on('message', (data) => {
      kept.push(data);
      if (kept.length % 50 === 0) collectGarbage();
    });

    for (let i = 0; i < count; i++) {
      client.send(Buffer.alloc((i * 97) % 9000, i));
      if (i % 100 === 0) await tools.turns(1);
    }

    while (kept.length < count) await tools.delay(5);
    collectGarbage();
    kept.forEach((data, i) => {
      assert.ok(data.equals(Buffer.alloc((i * 97) % 9000, i)), `message ${i}`);
    });
  }
);

scenario('connections over a Unix socket', async (WebSocket, trace, tools) => {
  const path = tools.socketPath();
  const server = http.createServer();
  const wss = new WebSocket.Server({ server });

  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  await new Promise((resolve) => server.listen(path, resolve));

  for (let i = 0; i < 20; i++) {
    const ws = tools.client(`ws+unix:${path}:/`);

    await tools.event(ws, 'open');

    // A connection does not need the name by which it was made.
    if (i === 19) fs.unlinkSync(path);
    ws.send(`message ${i}`);

    const [data] = await tools.event(ws, 'message');

    assert.strictEqual(String(data), `message ${i}`);
    ws.close();
    await tools.event(ws, 'close');
  }

  await new Promise((resolve) => wss.close(resolve));
  await new Promise((resolve) => server.close(resolve));
  assert.strictEqual(fs.existsSync(path), false);
});

verify(__filename);
