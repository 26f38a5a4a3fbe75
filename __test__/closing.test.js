'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');

const { PING, TEXT } = OPCODES;

onBothSides(
  '7.1: codes that can be sent',
  async (WebSocket, trace, tools, open) => {
    const codes = [
      -1,
      0,
      1,
      999,
      1000,
      1001,
      1002,
      1003,
      1004,
      1005,
      1006,
      1007,
      1008,
      1009,
      1010,
      1011,
      1012,
      1013,
      1014,
      1015,
      1016,
      1999,
      2000,
      2999,
      3000,
      3999,
      4000,
      4999,
      5000,
      65535,
      65536,
      1000.5,
      NaN,
      Infinity,
      '1000',
      null,
      true,
      {},
      [],
      1000n
    ];

    for (const code of codes) {
      const { ws, peer } = await open({ closeTimeout: 100 });

      trace.call('ws', `close(${trace.describe(code)})`, () => ws.close(code));
      trace.note('ws', 'state', ws.readyState);

      if (ws.readyState === WebSocket.CLOSING) {
        trace.lines('wire', (await peer.frames(1)).map(describeFrame));
      }

      ws.terminate();
    }
  }
);

onBothSides(
  '7.2: reasons that can be sent',
  async (WebSocket, trace, tools, open) => {
    const reasons = {
      undefined: undefined,
      empty: '',
      text: 'reason',
      'several bytes a character': 'grüße',
      '123 bytes': 'x'.repeat(123),
      '124 bytes': 'x'.repeat(124),
      '62 umlauts': 'ä'.repeat(62),
      '61 umlauts': 'ä'.repeat(61),
      Buffer: Buffer.from('buffer'),
      Uint8Array: new Uint8Array([65, 66]),
      'long Buffer': Buffer.alloc(124),
      'empty Buffer': Buffer.alloc(0),
      'invalid UTF-8': Buffer.from([0xff]),
      Uint16Array: new Uint16Array([65, 66]),
      DataView: new DataView(new ArrayBuffer(2)),
      ArrayBuffer: new ArrayBuffer(2),
      array: [65, 66],
      'empty array': [],
      object: {},
      'object with length': { length: 2 },
      number: 5,
      null: null,
      true: true,
      function: (a, b) => [a, b]
    };

    for (const [name, reason] of Object.entries(reasons)) {
      const { ws, peer } = await open({ closeTimeout: 100 });
      const close = () => ws.close(1000, reason);

      if (reason === null) trace.misuse('ws', name, close);
      else trace.call('ws', name, close);

      trace.note('ws', 'state', ws.readyState);

      if (ws.readyState === WebSocket.CLOSING) {
        trace.lines('wire', (await peer.frames(1)).map(describeFrame));
      }

      ws.terminate();
    }
  }
);

onBothSides(
  '7.3: a refused close() leaves everything as it was',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    trace.call('ws', 'bad code', () => ws.close(7));
    trace.call('ws', 'bad reason', () => ws.close(1000, 'x'.repeat(124)));
    trace.note('ws', 'state', ws.readyState, ws._closeTimer);
    ws.send('still open');
    ws.close(1000);
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.4: close() without a code ignores the reason',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(undefined, 'ignored');
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.5: close() is CLOSING at once, and again does nothing',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    trace.call('ws', 'close', () => ws.close(1000, 'first'));
    trace.note('ws', 'state', ws.readyState, ws._closeFrameReceived);
    trace.call('ws', 'again', () => ws.close(1001, 'second'));
    trace.call('ws', 'with bad arguments', () => ws.close(7, 'x'.repeat(124)));
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    trace.call('ws', 'when written', () => ws.close());
    peer.write(peer.closeFrame(1002, 'other'));
    await tools.event(ws, 'close');
    trace.call('ws', 'when closed', () => ws.close(7));
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.6: the close frame queues behind what was sent',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.send('one');
    ws.send(Buffer.alloc(300000));
    ws.ping('three');
    ws.close(1000);
    ws.send('late');
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
    peer.socket.end();
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.9: close frames that cross',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000, 'ours');
    peer.write(peer.closeFrame(1001, 'theirs'));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.10: the socket is ended when both close frames are through',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    peer.holdsOpen = true;
    ws.close(1000);
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    trace.note('wire', 'ended before the answer', peer.ended);
    peer.write(peer.closeFrame(1000));
    trace.lines('wire', await peer.rest());
    trace.note('ws', 'state before the FIN', ws.readyState);
    trace.watch('ws', ws);
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.16: messages after our close frame are still delivered',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000);
    await peer.frames(1);
    peer.write(
      peer.frame(TEXT, 'one more'),
      peer.frame(PING, 'ping'),
      peer.closeFrame(1000)
    );
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  "7.5: close() in a listener of 'message'",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', (data) => {
      ws.send(`re ${data}`);
      ws.close(1000, 'enough');
      ws.send('late', trace.callback('ws', 'late send', ws));
    });
    peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
    peer.write(peer.closeFrame(1000, 'enough'));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.9: the peer closes while we send',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('message', () => ws.send('answer'));
    peer.write(peer.frame(TEXT, 'question'), peer.closeFrame(1000));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.9: close() in the tick a close frame arrives',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('message', () => {
      ws.close(4000, 'ours');
    });
    peer.write(peer.frame(TEXT, 'x'), peer.closeFrame(4001, 'theirs'));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

for (const closer of ['client', 'server']) {
  scenario(
    `7.10: both ends of a connection that the ${closer} closes`,
    async (WebSocket, trace, tools) => {
      const ends = await tools.pair();
      const closed = ['client', 'server'].map((end) => {
        trace.watch(end, ends[end]);
        return tools.event(ends[end], 'close');
      });

      ends[closer].close(4000, 'enough');
      await Promise.all(closed);

      for (const end of ['client', 'server']) {
        const { _closeFrameReceived, _closeFrameSent } = ends[end];
        trace.note(end, 'frames', _closeFrameReceived, _closeFrameSent);
      }
    }
  );
}

scenario(
  '7.10: both ends close in the same tick',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();
    const closed = [client, server].map((ws) => tools.event(ws, 'close'));

    trace.watch('client', client);
    trace.watch('server', server);
    client.close(4000, 'client');
    server.close(4001, 'server');
    await Promise.all(closed);
  }
);

scenario(
  '7.13: the other end of a terminated connection',
  async (WebSocket, trace, tools) => {
    const { client, server } = await tools.pair();
    const closed = tools.event(server, 'close');

    trace.watch('server', server);
    client.terminate();
    await closed;
  }
);

compare(__filename);
