'use strict';

const { EventEmitter } = require('events');

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { requestHead } = require('./support/raw-handshake');

const { PING, PONG, TEXT } = OPCODES;

/** Long enough for anything on its way to arrive, in milliseconds. */
const QUIET = 40;

for (const event of ['message', 'ping', 'pong']) {
  onBothSides(
    `6.12: a listener of '${event}' that throws`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const opcode = { message: TEXT, ping: PING, pong: PONG }[event];

      for (const type of ['message', 'ping', 'pong']) {
        ws.on(type, (data) => trace.note('ws', type, data));
      }

      ws.once(event, () => {
        throw new RangeError('mine');
      });
      peer.write(peer.frame(opcode, 'first'), peer.frame(TEXT, 'behind'));
      await tools.event(process, 'uncaughtException');
      await tools.delay(QUIET);
      peer.send(TEXT, 'later');
      await tools.delay(QUIET);
      trace.note('ws', 'state', ws.readyState);
    },
    {
      differs: [
        {
          on: ['lane', 'stream'],
          because:
            'the connection goes on: in ws it delivers nothing any more, not ' +
            'even its close, and stays in memory',
          expected: (trace) => ({
            ...trace,
            ws: [
              trace.ws[0],
              "message: Buffer 'behind'",
              "message: Buffer 'later'",
              trace.ws[1]
            ]
          })
        }
      ]
    }
  );
}

onBothSides(
  '6.12: a throwing listener does not disturb other connections',
  async (WebSocket, trace, tools, open) => {
    const connections = await Promise.all([open(), open(), open()]);
    const done = connections
      .filter((_, i) => i !== 1)
      .map(({ ws }) => tools.event(ws, 'close'));

    connections.forEach(({ ws, peer }, i) => {
      trace.watch(`ws ${i}`, ws);
      if (i === 1) {
        ws.on('message', () => {
          throw new RangeError('mine');
        });
        peer.send(TEXT, 'x');
      } else {
        peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
        peer.write(peer.closeFrame(1000));
      }
    });
    await Promise.all(done);
  }
);

onBothSides(
  '6.12: messages can still be sent after a listener threw',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('message', () => {
      ws.send('before throwing');
      throw new RangeError('mine');
    });
    peer.send(TEXT, 'x');
    await tools.event(process, 'uncaughtException');
    ws.send('after throwing', trace.callback('ws', 'send'));
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
    trace.note('ws', 'state', ws.readyState);
  }
);

onBothSides(
  "6.12: a listener of 'close' that throws",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('close', () => {
      throw new RangeError('mine');
    });
    peer.write(peer.closeFrame(1000));
    await tools.event(process, 'uncaughtException');
    trace.note('ws', 'state', ws.readyState);
  }
);

onBothSides(
  "6.12: a listener of 'error' that throws",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('error', () => {
      throw new RangeError('mine');
    });
    peer.send(3, 'bad');
    await tools.event(process, 'uncaughtException');
    trace.lines('wire', await peer.rest());
    await tools.delay(QUIET);
    trace.note('ws', 'state', ws.readyState);
  }
);

onBothSides(
  "6.9: an 'error' without a listener is uncaught",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws, ['message', 'close']);
    peer.write(peer.frame(TEXT, 'good'), peer.frame(3, 'bad'));
    await tools.event(process, 'uncaughtException');
    trace.lines('wire', await peer.rest());
    await tools.delay(QUIET);
    trace.note('ws', 'state', ws.readyState);
  }
);

scenario(
  "6.12: a listener of 'open' that throws",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      peer.accept({}, peer.frame(TEXT, 'one'), peer.closeFrame(1000));
    });
    const ws = tools.client(url, { perMessageDeflate: false });

    ws.on('open', () => {
      throw new RangeError('mine');
    });
    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  "6.12: a listener of 'upgrade' that throws",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => peer.accept());
    const ws = tools.client(url, { perMessageDeflate: false });

    ws.on('upgrade', () => {
      throw new RangeError('mine');
    });
    trace.watch('client', ws);
    await tools.event(process, 'uncaughtException');
    await tools.delay(QUIET);
    trace.note('client', 'state', ws.readyState);
  }
);

for (const event of ['connection', 'headers']) {
  scenario(
    `6.12: a listener of '${event}' that throws`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve();

      wss.on(event, () => {
        throw new RangeError('mine');
      });
      wss.on('connection', (ws) =>
        trace.note('server', 'connection', ws.readyState)
      );

      const peer = await tools.dial(port);
      const thrown = tools.event(process, 'uncaughtException');

      peer.write(Buffer.from(requestHead()));
      await thrown;
      await tools.delay(QUIET);
      trace.note('server', 'clients', wss.clients.size);
      trace.note('wire', 'bytes', peer.bytes.length, peer.ended);
    }
  );
}

onBothSides(
  '6.15: captureRejections',
  async (WebSocket, trace, tools, open) => {
    EventEmitter.captureRejections = true;

    let pair;

    try {
      pair = await open();
    } finally {
      EventEmitter.captureRejections = false;
    }

    const { ws, peer } = pair;

    trace.watch('ws', ws, ['close', 'error']);
    ws.on('message', async () => {
      throw new RangeError('mine');
    });
    peer.send(TEXT, 'x');
    await tools.event(ws, 'error');
    trace.note('ws', 'state', ws.readyState);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

for (const place of ['the WebSocket', 'EventEmitter.prototype']) {
  onBothSides(
    `6.15: what has taken the place of emit() in ${place} sees every message`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const { emit } = EventEmitter.prototype;
      const target = place === 'the WebSocket' ? ws : EventEmitter.prototype;

      // Not through `trace.watch()`: with a single listener it is another way.
      let heard;

      ws.on('message', (...args) => {
        trace.note('message', ...args);
        heard();
      });

      const receive = (text) => {
        peer.write(peer.frame(TEXT, text));
        return new Promise((resolve) => (heard = resolve));
      };

      await receive('before');

      target.emit = function replaced(...args) {
        if (this === ws) trace.note('emit', ...args);
        return emit.apply(this, args);
      };

      try {
        await receive('meanwhile');
      } finally {
        if (target === ws) delete target.emit;
        else target.emit = emit;
      }

      await receive('afterwards');
      peer.write(peer.closeFrame(1000));
      await tools.event(ws, 'close');
    }
  );
}

onBothSides(
  '6.15: a listener that rejects is an unhandled rejection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('message', async () => {
      throw new RangeError('mine');
    });
    peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
    await tools.event(process, 'unhandledRejection');
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.16: a listener that removes itself and adds others',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('message', function first(data) {
      trace.note('ws', 'first', data);
      ws.off('message', first);
      ws.on('message', (next) => trace.note('ws', 'second', next));
    });
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.frame(TEXT, 'three'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.16: removeAllListeners() does not break the connection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.removeAllListeners();
    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '6.4: a listener that blocks for a while',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => {
      const end = Date.now() + QUIET;
      while (Date.now() < end);
    });
    for (let i = 0; i < 5; i++) peer.send(TEXT, String(i));
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.15: events.once() and for await',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const controller = new AbortController();
    const reading = (async () => {
      const messages = EventEmitter.on(ws, 'message', {
        signal: controller.signal
      });

      try {
        for await (const [data] of messages) trace.note('ws', 'message', data);
      } catch (error) {
        trace.note('ws', 'ended', error.name);
      }
    })();

    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.closeFrame(1000)
    );
    trace.note('ws', 'close', ...(await EventEmitter.once(ws, 'close')));
    await tools.turns(2);
    controller.abort();
    await reading;
  }
);

compare(__filename);
