'use strict';

const { AsyncLocalStorage, executionAsyncId } = require('async_hooks');

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const { PING, PONG, TEXT } = OPCODES;
const EVENTS = ['open', 'message', 'ping', 'pong', 'error', 'close'];

/** ws calls callbacks of what had to wait where the first of them was sent. */
const CALLERS = {
  differs: [
    {
      on: ['lane', 'stream'],
      because: 'a callback belongs to its call',
      expected: (trace) => ({
        ...trace,
        callbacks: trace.callbacks.map((line) =>
          line.replace(/^(\w+): "stuck"/, '$1: "$1"')
        )
      })
    }
  ]
};

/**
 * Notes in which context the events of a WebSocket are emitted.
 *
 * @param {Trace} trace The trace
 * @param {AsyncLocalStorage} storage What tells the context
 * @param {WebSocket} ws The WebSocket
 * @param {String[]} [events] The events
 */
function watchContext(trace, storage, ws, events = EVENTS) {
  for (const event of events) {
    ws.on(event, () => trace.note('ws', event, storage.getStore()));
  }
}

/**
 * Makes a callback that notes its context.
 *
 * @param {Trace} trace The trace
 * @param {AsyncLocalStorage} storage What tells the context
 * @param {String} what Whose callback it is
 * @return {Function} The callback
 */
function inContext(trace, storage, what) {
  return (error) => {
    trace.note('callbacks', what, storage.getStore(), Boolean(error));
  };
}

onBothSides(
  '6.14: listeners run where the connection was made',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();
    const { ws, peer } = await storage.run('connection', open);

    storage.run('listeners', () => watchContext(trace, storage, ws));
    peer.send(TEXT, 'one');
    peer.send(PING, 'two');
    peer.send(PONG, 'three');
    await tools.event(ws, 'pong');
    storage.run('later', () => peer.send(TEXT, 'four'));
    await tools.event(ws, 'message');
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '6.14: where errors and the end of a broken connection are told',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();

    for (const act of [
      ({ peer }) => peer.send(3, 'bad'),
      ({ peer }) => peer.reset(),
      ({ peer }) => peer.socket.end(),
      ({ ws }) => ws.terminate(),
      ({ ws }) => ws.close(1000)
    ]) {
      const ends = await storage.run('connection', () =>
        open({ closeTimeout: 50 })
      );

      watchContext(trace, storage, ends.ws);
      storage.run('call', act, ends);
      await tools.event(ends.ws, 'close');
    }
  }
);

onBothSides(
  '6.14: callbacks of _sender.sendFrame() run where the call was',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();
    const { ws, peer } = await storage.run('connection', open);
    const list = WebSocket.Sender.frame(Buffer.from('x'), {
      fin: true,
      mask: !ws._isServer,
      opcode: TEXT,
      readOnly: false
    });

    for (const what of ['first', 'second', 'third']) {
      storage.run(what, () => {
        ws._sender.sendFrame(list, inContext(trace, storage, what));
      });
    }
    await peer.frames(3);
    await tools.turns(2);
  }
);

onBothSides(
  '6.14: callbacks run where the call was',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();
    const { ws, peer } = await storage.run('connection', open);
    const send = (what, ...values) =>
      storage.run(what, () => {
        ws.send(...values, inContext(trace, storage, what));
      });

    send('alone', 'x');
    await peer.frames(1);
    await tools.turns(2);

    send('first', 'x');
    send('second', 'y');
    storage.run('ping', () => {
      ws.ping('z', undefined, inContext(trace, storage, 'ping'));
    });
    await peer.frames(3);
    await tools.turns(2);

    send('large', Buffer.alloc(100000));
    await peer.frames(1);
    await tools.turns(2);

    ws.on('message', () => send('answer', 'z'));
    peer.send(TEXT, 'question');
    await peer.frames(1);
    await tools.turns(2);

    storage.run('promise', () =>
      new Promise((resolve) => ws.send('x', resolve)).then(() =>
        trace.note('callbacks', 'promise', storage.getStore())
      )
    );
    await peer.frames(1);
    await tools.turns(2);

    ws.terminate();
    send('closing', 'x');
    await tools.event(ws, 'close');
    send('closed', 'x');
    await tools.turns(2);
  }
);

/**
 * Sends more than the peer takes, each message in a context of its own.
 *
 * @param {{ws: WebSocket, peer: RawPeer}} ends The connection
 * @param {Trace} trace Where the callbacks are noted
 * @param {Tools} tools The tools
 * @param {AsyncLocalStorage} storage Where the context is
 */
async function sendTooMuch({ ws, peer }, trace, tools, storage) {
  peer.socket.pause();
  for (const what of ['stuck', 'behind', 'last']) {
    storage.run(what, () => {
      ws.send(Buffer.alloc(8e6), inContext(trace, storage, what));
    });
  }
  await tools.delay(20);
}

onBothSides(
  '6.14: callbacks of what is stuck',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();
    const { ws, peer } = await storage.run('connection', open);

    await sendTooMuch({ ws, peer }, trace, tools, storage);
    peer.socket.resume();
    // Callbacks are called in order.
    await new Promise((resolve) => ws.send('end', resolve));
  },
  CALLERS
);

onBothSides(
  '6.14: callbacks of what is lost',
  async (WebSocket, trace, tools, open) => {
    const storage = new AsyncLocalStorage();
    const { ws, peer } = await storage.run('connection', open);

    await sendTooMuch({ ws, peer }, trace, tools, storage);
    storage.run('terminate', () => ws.terminate());
    await tools.event(ws, 'close');
    await tools.turns(2);
  },
  CALLERS
);

scenario('6.14: events of a handshake', async (WebSocket, trace, tools) => {
  const storage = new AsyncLocalStorage();
  const { wss, url } = await storage.run('listen', () => tools.serve());

  storage.run('server listener', () => {
    for (const event of ['headers', 'connection']) {
      wss.on(event, () => trace.note('server', event, storage.getStore()));
    }
  });

  const ended = new Promise((resolve) => {
    wss.on('connection', (ws) => {
      storage.run('accepted', () => ws.send('x'));
      ws.on('close', () => {
        trace.note('server', 'end', storage.getStore());
        resolve();
      });
    });
  });

  const ws = storage.run('client', () =>
    tools.client(url, { perMessageDeflate: false })
  );

  watchContext(trace, storage, ws, ['upgrade', ...EVENTS]);
  ws.on('message', () => storage.run('close', () => ws.close(1000)));
  await tools.event(ws, 'close');
  await ended;
});

onBothSides(
  '6.14: listeners have an async context',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    for (const event of EVENTS) {
      ws.on(event, () => trace.note('ws', event, executionAsyncId() > 0));
    }
    peer.send(TEXT, 'one');
    await tools.event(ws, 'message');
    ws.send('two', () => {
      trace.note('callbacks', 'send', executionAsyncId() > 0);
    });
    await peer.frames(1);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

compare(__filename);
