'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const { PING, TEXT } = OPCODES;

for (const [what, values] of Object.entries({
  'with a code': [1000],
  'with code and reason': [4001, 'réason'],
  'without a code': [],
  'with the longest reason': [1001, 'r'.repeat(123)]
})) {
  onBothSides(
    `7.9, 7.11, 7.12: a close frame ${what} is echoed`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      peer.write(peer.closeFrame(...values));
      trace.lines('wire', await peer.rest());
      await tools.event(ws, 'close');
      trace.note(
        'ws',
        'kept',
        ws._closeCode,
        ws._closeMessage,
        ws._closeFrameReceived,
        ws._closeFrameSent
      );
    }
  );
}

onBothSides(
  '7.8: what follows a close frame is ignored',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(
      peer.closeFrame(1000, 'first'),
      peer.frame(TEXT, 'ignored'),
      peer.frame(PING, 'ignored'),
      peer.closeFrame(1001, 'second'),
      peer.frame(3, 'bad'),
      Buffer.alloc(100000, 0xff)
    );
    trace.lines('wire', await peer.rest());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.8: what follows a close frame in later chunks is ignored',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 200 });

    trace.watch('ws', ws);
    peer.holdsOpen = true;
    peer.write(peer.closeFrame(1000));
    trace.lines('wire', await peer.rest());
    peer.write(peer.frame(TEXT, 'ignored'), peer.frame(3, 'bad'));
    await tools.turns(2);
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.14, 7.13: a FIN without a close frame',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws._socket.on('end', () => trace.note('ws', 'end', ws.readyState));
    peer.socket.end();
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
    trace.note('ws', 'kept', ws._closeFrameReceived, ws._closeFrameSent);
  }
);

onBothSides(
  '7.13: a FIN instead of an answer to our close frame',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000, 'bye');
    await peer.frames(1);
    peer.socket.end();
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '8.9: a received close frame with a code that is not allowed',
  async (WebSocket, trace, tools, open) => {
    const codes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535];

    for (const code of codes) {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      peer.write(peer.closeFrame(code));
      trace.lines('wire', await peer.rest());
      await tools.event(ws, 'close');
    }
  }
);

onBothSides(
  '7.11: received close codes that are allowed',
  async (WebSocket, trace, tools, open) => {
    const codes = [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
      3000, 3999, 4000, 4999
    ];

    for (const code of codes) {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      peer.write(peer.closeFrame(code));
      trace.lines('wire', await peer.rest());
      await tools.event(ws, 'close');
    }
  }
);

onBothSides(
  '7.7, 3.15: closeTimeout without any answer',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 50 });
    const start = Date.now();

    trace.watch('ws', ws);
    ws.close(1000, 'bye');
    await tools.event(ws, 'close');
    trace.note('ws', 'not too early', Date.now() - start >= 45);
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.15, 7.7: closeTimeout after a close frame but no FIN',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 50 });

    trace.watch('ws', ws);
    peer.holdsOpen = true;
    peer.write(peer.closeFrame(3000, 'their reason'));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '8.1, 7.7: closeTimeout after a protocol error',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 50 });

    trace.watch('ws', ws);
    peer.holdsOpen = true;
    peer.send(3, 'bad');
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '7.7: closeTimeout with a peer that does not read',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 50 });

    trace.watch('ws', ws);
    peer.socket.pause();
    ws.send(Buffer.alloc(16 * 1024 * 1024), trace.callback('ws', 'send', ws));
    ws.close(1000);
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '7.7: the peer answers just in time',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 5000 });

    trace.watch('ws', ws);
    ws.close(1000);
    trace.note('ws', 'timer', ws._closeTimer !== null);
    await tools.delay(20);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

compare(__filename);
