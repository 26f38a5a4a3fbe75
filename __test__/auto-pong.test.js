'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');

const { PING, PONG, TEXT } = OPCODES;

/** More than the kernel takes from a sender whose peer does not read. */
const STUCK = 16 * 1024 * 1024;

onBothSides(
  '5.16, 3.14: a ping is answered with its payload',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.frame(PING, 'one'),
      peer.frame(PING),
      peer.frame(PING, Buffer.alloc(125, 7)),
      peer.frame(PONG, 'unasked'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  "5.16: the pong leaves before what a listener of 'ping' sends",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('ping', (data) => ws.send(`about ${data}`));
    peer.write(peer.frame(PING, 'one'), peer.frame(PING, 'two'));

    const frames = (await peer.frames(4)).map(describeFrame);

    for (const number of ['one', 'two']) {
      const pong = frames.findIndex(
        (f) => /pong/.test(f) && f.includes(number)
      );
      const text = frames.findIndex(
        (f) => /text/.test(f) && f.includes(number)
      );

      trace.note('wire', number, frames[pong], frames[text], pong < text);
    }
  }
);

onBothSides(
  '5.16: pongs and the answers of listeners alternate',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('message', (data) => ws.send(`re ${data}`));
    peer.write(
      peer.frame(TEXT, '1'),
      peer.frame(PING, '2'),
      peer.frame(TEXT, '3'),
      peer.frame(PING, '4')
    );
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
  },
  {
    differs: [
      {
        on: ['lane'],
        because:
          'the lane answers a ping when it reads it, before JavaScript has ' +
          'seen the messages ahead of it',
        expected: (trace) => ({
          ...trace,
          wire: [
            ...trace.wire.filter((line) => line.startsWith('pong')),
            ...trace.wire.filter((line) => !line.startsWith('pong'))
          ]
        })
      }
    ]
  }
);

onBothSides('3.14: autoPong: false', async (WebSocket, trace, tools, open) => {
  const { ws, peer } = await open({ autoPong: false });

  trace.watch('ws', ws);
  ws.on('ping', () => ws.pong('by hand'));
  peer.write(peer.frame(PING, 'one'), peer.closeFrame(1000));
  await tools.event(ws, 'close');
  trace.lines('wire', await peer.rest());
});

onBothSides(
  '5.17: no automatic pong after close()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000);
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    peer.write(peer.frame(PING, 'late'), peer.closeFrame(1000));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '5.16, 5.17: no automatic pong after close() in a listener of the same chunk',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => ws.close(1000));
    peer.write(
      peer.frame(TEXT, 'close now'),
      peer.frame(PING, 'late'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  },
  {
    differs: [
      {
        on: ['lane'],
        because:
          'the lane answers a ping when it reads it, before JavaScript has ' +
          'seen the message that makes it close',
        expected: (trace) => ({
          ...trace,
          wire: [
            trace.wire[0].replace(/close( masked)? .*/, "pong$1 'late'"),
            ...trace.wire
          ]
        })
      }
    ]
  }
);

onBothSides(
  '5.17, 7.8: no automatic pong for a ping behind a close frame',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(peer.closeFrame(1000), peer.frame(PING, 'late'));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

for (const maxPendingAutoPongs of [undefined, 3, 0, -1]) {
  onBothSides(
    `5.18, 3.23, 3.31: maxPendingAutoPongs ${maxPendingAutoPongs}`,
    async (WebSocket, trace, tools, open) => {
      const limit = maxPendingAutoPongs === undefined ? 60 : 3;
      const options = { closeTimeout: 100 };

      if (maxPendingAutoPongs !== undefined) {
        options.maxPendingAutoPongs = maxPendingAutoPongs;
      }

      const { ws, peer } = await open(options);
      let pings = 0;

      peer.socket.pause();
      ws.send(Buffer.alloc(STUCK));
      await tools.turns(5);
      ws.on('ping', () => {
        pings++;
        if (pings >= limit) trace.note('ws', 'ping', pings, ws.readyState);
      });
      trace.watch('ws', ws, ['error', 'close']);

      for (let i = 0; i < limit; i++) peer.send(PING, String(i));
      while (pings < limit) await tools.event(ws, 'ping');
      peer.write(peer.frame(PING, 'one more'), peer.frame(PING, 'and one'));
      while (pings < limit + 2) await tools.event(ws, 'ping');
      if (ws.readyState === WebSocket.OPEN) ws.terminate();
      await tools.event(ws, 'close');
    }
  );
}

onBothSides(
  '11.20: listeners of the receiver can be taken away to suppress pongs',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws._receiver.removeAllListeners('ping');
    trace.watch('ws', ws);
    peer.write(peer.frame(PING, 'one'), peer.closeFrame(1000));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '5.16: whoever replaces pong() answers pings himself, or not at all',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const answered = [];

    ws.pong = (data, mask) => answered.push(`${data} ${mask}`);
    trace.watch('ws', ws);
    peer.write(peer.frame(PING, 'one'), peer.frame(PING, 'two'));
    peer.write(peer.frame(TEXT, 'that is all'));
    await tools.event(ws, 'message');
    trace.note('pong', ...answered);

    delete ws.pong;
    ws.pong('by hand');
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '5.16, 2.2: a subclass may answer pings in its own way',
  async (WebSocket, trace, tools, open) => {
    const { prototype } = WebSocket;
    const original = Object.getOwnPropertyDescriptor(prototype, 'pong');

    prototype.pong = function pong(data, ...args) {
      this._sender.pong(Buffer.from(`not ${data}`), ...args);
    };

    try {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      peer.write(peer.frame(PING, 'one'), peer.closeFrame(1000));
      await tools.event(ws, 'close');
      trace.lines('wire', await peer.rest());
    } finally {
      Object.defineProperty(prototype, 'pong', original);
    }
  }
);

onBothSides(
  '5.18: pings in one chunk count as pending until the tick is over',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const pings = [];

    for (let i = 0; i < 100; i++) pings.push(peer.frame(PING, String(i)));

    trace.watch('ws', ws);
    peer.write(...pings, peer.closeFrame(1000));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

compare(__filename);
