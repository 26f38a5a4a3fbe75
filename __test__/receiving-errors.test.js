'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES, closePayload } = require('./support/frames');

const { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } = OPCODES;
const RSV1 = 4;
const RSV2 = 2;
const RSV3 = 1;

/**
 * Bytes that break a rule, by the rule. Each gets the raw peer that is to send
 * them.
 */
const BAD = {
  '8.3: RSV2 set': (p) => p.frame(TEXT, 'x', { rsv: RSV2 }),
  '8.3: RSV3 set': (p) => p.frame(TEXT, 'x', { rsv: RSV3 }),
  '8.3: all RSV bits set': (p) => p.frame(TEXT, 'x', { rsv: 7 }),
  '8.3: RSV2 set in a control frame': (p) => p.frame(PING, 'x', { rsv: RSV2 }),
  '8.4: RSV1 set without the extension': (p) =>
    p.frame(TEXT, 'x', { rsv: RSV1 }),
  '8.4: RSV1 set in a control frame': (p) => p.frame(PING, 'x', { rsv: RSV1 }),
  '8.4: RSV1 set in a continuation': (p) =>
    Buffer.concat([
      p.frame(TEXT, 'x', { fin: false }),
      p.frame(CONTINUATION, 'x', { rsv: RSV1 })
    ]),
  '8.5: continuation of nothing': (p) => p.frame(CONTINUATION, 'x'),
  '8.5: continuation of nothing without FIN': (p) =>
    p.frame(CONTINUATION, 'x', { fin: false }),
  '8.5: continuation of a finished message': (p) =>
    Buffer.concat([
      p.frame(TEXT, 'x', { fin: false }),
      p.frame(CONTINUATION, 'x'),
      p.frame(CONTINUATION, 'x')
    ]),
  '8.5: text inside a message': (p) =>
    Buffer.concat([p.frame(BINARY, 'x', { fin: false }), p.frame(TEXT, 'x')]),
  '8.5: binary inside a message': (p) =>
    Buffer.concat([p.frame(TEXT, 'x', { fin: false }), p.frame(BINARY, 'x')]),
  '8.6: ping without FIN': (p) => p.frame(PING, 'x', { fin: false }),
  '8.6: pong without FIN': (p) => p.frame(PONG, 'x', { fin: false }),
  '8.6: close without FIN': (p) => p.frame(CLOSE, '', { fin: false }),
  '8.7: ping of 126 bytes': (p) => p.frame(PING, 'x'.repeat(126)),
  '8.7: pong of 65536 bytes': (p) => p.frame(PONG, 'x'.repeat(65536)),
  '8.7: close of 126 bytes': (p) => p.closeFrame(1000, 'x'.repeat(124)),
  '8.7: ping with a long form of its length': (p) =>
    p.frame(PING, 'x', { bits: 16 }),
  '8.7: close of one byte': (p) => p.frame(CLOSE, 'x'),
  '8.8: the wrong masking': (p) => p.frame(TEXT, 'x', { masked: !p.masks }),
  '8.8: the wrong masking of a control frame': (p) =>
    p.frame(PING, 'x', { masked: !p.masks }),
  '8.8: the wrong masking of an empty frame': (p) =>
    p.frame(TEXT, '', { masked: !p.masks }),
  '8.9: a close code that is not allowed': (p) => p.closeFrame(1005),
  '8.9: a close code below 1000': (p) => p.closeFrame(5, 'reason'),
  '8.10: invalid UTF-8': (p) => p.frame(TEXT, Buffer.from('61ff62', 'hex')),
  '8.10: UTF-8 that is cut off': (p) =>
    p.frame(TEXT, Buffer.from('61e282', 'hex')),
  '8.10: a surrogate in UTF-8': (p) =>
    p.frame(TEXT, Buffer.from('eda080', 'hex')),
  '8.10: overlong UTF-8': (p) => p.frame(TEXT, Buffer.from('c080', 'hex')),
  '8.10: UTF-8 above U+10FFFF': (p) =>
    p.frame(TEXT, Buffer.from('f4908080', 'hex')),
  '8.10: invalid UTF-8 in fragments': (p) =>
    Buffer.concat([
      p.frame(TEXT, Buffer.from('e2', 'hex'), { fin: false }),
      p.frame(CONTINUATION, Buffer.from('28a1', 'hex'))
    ]),
  '8.10: UTF-8 that is cut off by the last fragment': (p) =>
    Buffer.concat([
      p.frame(TEXT, 'abc', { fin: false }),
      p.frame(CONTINUATION, Buffer.from('f09f', 'hex'))
    ]),
  '8.10: invalid UTF-8 in a close reason': (p) =>
    p.frame(CLOSE, closePayload(1000, Buffer.from('ff', 'hex'))),
  '8.11: a length above 2^53 - 1': (p) =>
    p.frame(BINARY, '', { length: 2n ** 53n, bits: 64 }),
  '8.11: a length with its highest bit': (p) =>
    p.frame(BINARY, '', { length: 2n ** 63n, bits: 64 })
};

for (let opcode = 3; opcode < 16; opcode++) {
  if (opcode < CLOSE || opcode > PONG) {
    BAD[`8.5: opcode ${opcode}`] = (p) => p.frame(opcode, 'x');
  }
}

/** Frames that break two rules: which one is reported is fixed as well. */
const TWICE_BAD = {
  '8.16: RSV bits before opcode': (p) => p.frame(3, 'x', { rsv: RSV2 }),
  '8.16: RSV2 before RSV1': (p) => p.frame(TEXT, 'x', { rsv: RSV1 | RSV2 }),
  '8.16: RSV1 before opcode': (p) => p.frame(3, 'x', { rsv: RSV1 }),
  '8.16: opcode before masking': (p) => p.frame(3, 'x', { masked: !p.masks }),
  '8.16: FIN before length': (p) =>
    p.frame(PING, 'x'.repeat(126), { fin: false }),
  '8.16: FIN before masking': (p) =>
    p.frame(PING, 'x', { fin: false, masked: !p.masks }),
  '8.16: length before masking': (p) =>
    p.frame(PING, 'x'.repeat(126), { masked: !p.masks }),
  '8.16: continuation before masking': (p) =>
    p.frame(CONTINUATION, 'x', { masked: !p.masks }),
  '8.16: masking before the length of data': (p) =>
    p.frame(BINARY, '', { length: 2n ** 53n, bits: 64, masked: !p.masks }),
  '8.16: close code before UTF-8': (p) =>
    p.frame(CLOSE, closePayload(1005, Buffer.from('ff', 'hex')))
};

/**
 * Sends bad bytes and notes all that follows.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {{ws: WebSocket, peer: RawPeer}} ends The connection
 * @param {Function} send Sends the bytes
 */
async function fail(trace, tools, { ws, peer }, send) {
  const closed = tools.event(ws, 'close');

  trace.watch('ws', ws);
  await send();
  trace.lines('wire', await peer.rest());
  await closed;
  trace.note('ws', 'kept', ws._closeFrameReceived, ws._closeFrameSent);
}

for (const [rule, make] of Object.entries({ ...BAD, ...TWICE_BAD })) {
  onBothSides(rule, async (WebSocket, trace, tools, open) => {
    const ends = await open();
    const { peer } = ends;

    await fail(trace, tools, ends, () => {
      peer.write(
        peer.frame(TEXT, 'good'),
        make(peer),
        peer.frame(TEXT, 'ignored'),
        peer.closeFrame(1000)
      );
    });
  });

  onBothSides(
    `${rule}, byte by byte`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open();
      const { peer } = ends;
      const bytes = make(peer);

      await fail(trace, tools, ends, () =>
        peer.writeBytewise(bytes.subarray(0, 200))
      );
    }
  );
}

for (const rule of [
  '8.5: opcode 3',
  '8.8: the wrong masking',
  '8.7: ping of 126 bytes',
  '8.7: close of one byte',
  '8.5: continuation of nothing'
]) {
  onBothSides(
    `8.16, ${rule}: the first two bytes suffice`,
    async (WebSocket, trace, tools, open) => {
      const ends = await open();

      await fail(trace, tools, ends, () =>
        ends.peer.write(BAD[rule](ends.peer).subarray(0, 2))
      );
    }
  );
}

for (const rule of [
  '8.9: a close code below 1000',
  '8.10: invalid UTF-8',
  '8.10: invalid UTF-8 in fragments',
  '8.11: a length above 2^53 - 1',
  '8.4: RSV1 set in a continuation'
]) {
  onBothSides(
    `8.1, ${rule}, divided at every place`,
    async (WebSocket, trace, tools, open) => {
      let cut = 0;
      let length;

      do {
        const ends = await open();
        const bytes = BAD[rule](ends.peer);

        length = bytes.length;
        cut++;
        await fail(trace, tools, ends, () => ends.peer.writeCut(bytes, [cut]));
      } while (cut < length - 1);
    }
  );
}

onBothSides(
  '8.10: UTF-8 is checked when the message is complete',
  async (WebSocket, trace, tools, open) => {
    const ends = await open();
    const { peer } = ends;

    await fail(trace, tools, ends, () => {
      peer.write(
        peer.frame(TEXT, Buffer.from('ff', 'hex'), { fin: false }),
        peer.frame(PING, 'between'),
        peer.frame(CONTINUATION, 'end')
      );
    });
  },
  {
    differs: [
      {
        on: ['lane', 'stream'],
        because:
          'a message that cannot become valid any more is refused at once ' +
          '(RFC 6455, section 8.1), whether or not more fragments follow',
        expected: (trace) => ({
          wire: trace.wire.filter((line) => !line.startsWith('pong')),
          ws: trace.ws.filter((line) => !line.startsWith('ping'))
        })
      }
    ]
  }
);

onBothSides(
  '8.18, 3.28: skipUTF8Validation',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ skipUTF8Validation: true });
    const invalid = Buffer.from('61ff62', 'hex');

    trace.watch('ws', ws);
    peer.write(
      peer.frame(TEXT, invalid),
      peer.frame(TEXT, invalid, { fin: false }),
      peer.frame(CONTINUATION, invalid),
      peer.closeFrame(1000, invalid)
    );
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '8.1, 8.19: the error event',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('error', (error) => {
      const code = Object.getOwnPropertyDescriptor(error, 'code');

      trace.note('ws', 'keys', Object.getOwnPropertyNames(error).sort());
      trace.note('ws', 'code', code);
      trace.note(
        'ws',
        'class',
        Object.getPrototypeOf(error) === RangeError.prototype
      );
      trace.note('ws', 'state', ws.readyState, ws._socket.destroyed);
      trace.note('ws', 'stack', error.stack.split('\n')[0]);
    });
    peer.send(3, 'x');
    await tools.event(ws, 'close');
  }
);

onBothSides(
  "8.1: the close frame leaves before 'error' is emitted",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('message', () => ws.send('answer'));
    ws.on('error', () => {
      ws.send('late', trace.callback('ws', 'send', ws));
      ws.ping('late', undefined, trace.callback('ws', 'ping', ws));
      trace.call('ws', 'close', () => ws.close(4000, 'late'));
    });
    peer.write(peer.frame(TEXT, 'good'), peer.frame(3, 'bad'));
    trace.lines('wire', await peer.rest());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '8.1: an error after our close frame',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000);
    await peer.frames(1);
    peer.send(3, 'bad');
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '8.1: an error that arrives together with a FIN',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(peer.frame(3, 'bad'));
    peer.socket.end();
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '8.2: the connection is drained after an error',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.holdsOpen = true;
    peer.send(3, 'bad');
    trace.lines('wire', await peer.rest());
    await new Promise((resolve) => {
      peer.socket.end(Buffer.alloc(4 * 1024 * 1024), resolve);
    });
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '8.2: one bad connection does not disturb another',
  async (WebSocket, trace, tools, open) => {
    const bad = await open();
    const good = await open();

    trace.watch('good', good.ws);
    trace.watch('bad', bad.ws);
    good.peer.send(TEXT, 'one');
    bad.peer.write(bad.peer.frame(TEXT, 'last'), bad.peer.frame(3));
    good.peer.send(TEXT, 'two');
    await tools.event(bad.ws, 'close');
    good.peer.write(good.peer.frame(TEXT, 'three'), good.peer.closeFrame(1000));
    await tools.event(good.ws, 'close');
  }
);

compare(__filename);
