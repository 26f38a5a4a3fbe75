'use strict';

const { AsyncLocalStorage } = require('async_hooks');

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const { BINARY, CONTINUATION, PING, PONG, TEXT } = OPCODES;

/**
 * @param {RawPeer} peer The peer
 * @param {...String} pieces Payloads of the fragments
 * @return {Buffer} A fragmented binary message
 */
function fragmented(peer, ...pieces) {
  return Buffer.concat(
    pieces.map((piece, i) =>
      peer.frame(i === 0 ? BINARY : CONTINUATION, piece, {
        fin: i === pieces.length - 1
      })
    )
  );
}

onBothSides(
  '6.1: arguments of message, ping, pong and close',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    for (const event of ['message', 'ping', 'pong', 'close']) {
      ws.on(event, function (...values) {
        trace.note('ws', event, this === ws, values.length, ...values);
      });
    }

    peer.write(
      peer.frame(TEXT, 'text'),
      peer.frame(TEXT, ''),
      peer.frame(BINARY, 'binary'),
      peer.frame(BINARY, ''),
      peer.frame(PING, ''),
      peer.frame(PING, 'ping'),
      peer.frame(PONG, ''),
      peer.frame(PONG, 'pong'),
      peer.closeFrame(1000, 'reason')
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.5, 3.13: frames of one chunk are emitted back to back',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => {
      process.nextTick(() => trace.note('ws', 'tick'));
      Promise.resolve().then(() => trace.note('ws', 'microtask'));
    });
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.frame(BINARY, 'three'),
      peer.frame(PONG, 'four')
    );
    await tools.event(ws, 'pong');
    await tools.turns(1);
  }
);

onBothSides(
  '6.6, 3.13: allowSynchronousEvents: false gives each event a turn',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ allowSynchronousEvents: false });

    trace.watch('ws', ws);

    for (const event of ['message', 'ping', 'pong']) {
      ws.on(event, () => {
        process.nextTick(() => trace.note('ws', 'tick'));
        Promise.resolve().then(() => trace.note('ws', 'microtask'));
      });
    }

    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.frame(BINARY, 'three'),
      peer.frame(PONG, 'four'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.6: listeners may be added between two deferred events',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ allowSynchronousEvents: false });

    ws.once('message', async (first) => {
      trace.note('ws', 'first', first);
      await null;
      ws.once('message', (second) => trace.note('ws', 'second', second));
    });
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.closeFrame()
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.6, 6.10: deferred events still come before the close event',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ allowSynchronousEvents: false });

    ws.on('message', (data) => trace.note('ws', 'message', data));
    ws.on('close', (code) => trace.note('ws', 'close', code));
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.frame(TEXT, 'three')
    );
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.6: terminate() between deferred events',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ allowSynchronousEvents: false });

    trace.watch('ws', ws);
    ws.once('message', () => ws.terminate());
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.4: order on the wire is order of events',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const frames = [];

    // No more than 60 pings: their answers may be pending at the same time.
    for (let i = 0; i < 150; i++) {
      const opcode = [TEXT, PING, BINARY, PONG, PING][i % 5];
      frames.push(peer.frame(opcode, String(i)));
    }

    frames.push(peer.closeFrame(1000));
    trace.watch('ws', ws);

    const bytes = Buffer.concat(frames);
    const cuts = [];

    for (let i = 37; i < bytes.length; i += 37) cuts.push(i);
    await Promise.all([tools.event(ws, 'close'), peer.writeCut(bytes, cuts)]);
  }
);

for (const [how, write] of Object.entries({
  'in one go': (peer, bytes) => peer.write(bytes),
  'byte by byte': (peer, bytes) => peer.writeBytewise(bytes),
  'in halves of frames': (peer, bytes) => peer.writeCut(bytes, [1, 3, 8, 9, 20])
})) {
  onBothSides(
    `6.4: messages that arrive ${how}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      await Promise.all([
        tools.event(ws, 'close'),
        write(
          peer,
          Buffer.concat([
            peer.frame(TEXT, 'grüße'),
            peer.frame(BINARY, 'x'.repeat(130)),
            fragmented(peer, 'one', 'two'),
            peer.frame(PING, 'ping'),
            peer.closeFrame(1000, 'tschüß')
          ])
        )
      ]);
    }
  );
}

onBothSides(
  '6.4: a control frame inside a fragmented message',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'one ', { fin: false }),
      peer.frame(PING, 'between'),
      peer.frame(CONTINUATION, 'two ', { fin: false }),
      peer.frame(PONG, 'between'),
      peer.frame(CONTINUATION, 'three'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '8.10: a character divided between fragments',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const bytes = Buffer.from('€😀');

    trace.watch('ws', ws);
    for (let i = 0; i < bytes.length; i++) {
      peer.send(i === 0 ? TEXT : CONTINUATION, bytes.subarray(i, i + 1), {
        fin: i === bytes.length - 1
      });
    }
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '3.18: a zero masking key and the long forms of lengths',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'zero', { key: Buffer.alloc(4) }),
      peer.frame(TEXT, 'sixteen', { bits: 16 }),
      peer.frame(TEXT, 'sixty-four', { bits: 64 }),
      peer.frame(BINARY, 'x'.repeat(200), { bits: 64 }),
      peer.frame(TEXT, '', { bits: 64 }),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.11: data received before the connection broke is delivered',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(BINARY, Buffer.alloc(50000)),
      peer.frame(TEXT, 'never complete').subarray(0, 9)
    );
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  "6.8: a reset is a 'close' with 1006 and no 'error'",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.reset();
    await tools.event(ws, 'close');
    await tools.turns(3);
  }
);

onBothSides(
  '6.16, 6.10: listeners see each other and the state in between',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('close', (code) => {
      trace.note('ws', 'first', code, ws.readyState, ws._socket.destroyed);
      ws.on('close', () => trace.note('ws', 'never'));
    });
    ws.once('close', () => trace.note('ws', 'second'));
    ws.prependListener('close', () => trace.note('ws', 'zeroth'));
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
    await tools.turns(3);
  }
);

scenario(
  '6.3, 5.16: a whole connection',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve({
      handleProtocols: (protocols) => [...protocols][1]
    });

    wss.on('connection', (ws, req) => {
      trace.note('server', 'connection', ws.readyState, ws.protocol, req.url);
      trace.watch('server', ws);
      ws.send('welcome');
      ws.on('message', (data, isBinary) => {
        ws.send(data, { binary: isBinary });
        if (String(data) === 'bye') ws.close(4000, 'so long');
      });
    });

    const ws = tools.client(`${url}/path`, ['a', 'b'], {
      perMessageDeflate: false
    });

    trace.watch('client', ws);
    ws.on('open', () => {
      ws.send('hello');
      ws.send(Buffer.from('binary'));
      ws.ping('ping');
      ws.send('bye');
    });
    await tools.event(ws, 'close');
    while (wss.clients.size) await tools.turns(1);
  },
  {
    differs: [
      {
        on: ['lane'],
        because: 'the lane answers a ping ahead of replies to earlier messages',
        expected(trace) {
          const pong = trace.client.find((line) => line.startsWith('pong'));
          const rest = trace.client.filter((line) => line !== pong);

          rest.splice(2, 0, pong);
          return { ...trace, client: rest };
        }
      }
    ]
  }
);

scenario(
  '6.5: microtasks and ticks of a listener run before what its answer brings about',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();
    let rest = 100;

    server.on('message', (data) => {
      const order = [];

      server.send('answer');
      client.once('message', () => order.push('answer'));
      Promise.resolve().then(() => order.push('microtask'));
      process.nextTick(() => order.push('tick'));
      setImmediate(function look() {
        if (!order.includes('answer')) return void setImmediate(look);

        trace.note('server', String(data), ...order);
        if (--rest > 0) client.send(String(rest));
        else client.close();
      });
    });
    client.send('first');
    await tools.event(server, 'close');
  }
);

scenario(
  '6.14: AsyncLocalStorage in listeners',
  async (WebSocket, trace, tools) => {
    const storage = new AsyncLocalStorage();
    const { url, wss } = await tools.serve();

    wss.on('connection', (ws) => ws.send('x', () => ws.close(1000)));

    const client = storage.run('context', () => {
      const ws = tools.client(url, { perMessageDeflate: false });

      for (const event of ['upgrade', 'open', 'message', 'close']) {
        ws.on(event, () => trace.note('client', event, storage.getStore()));
      }

      return ws;
    });

    await tools.event(client, 'close');
  }
);

compare(__filename);
