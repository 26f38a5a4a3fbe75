'use strict';

const { PassThrough, Writable } = require('stream');
const { promisify } = require('util');

const { compare, scenario } = require('./support/differential');
const {
  OPCODES,
  closePayload,
  decodeFrames,
  describeFrame,
  encodeFrame
} = require('./support/frames');

const { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } = OPCODES;

const EXTENSION_HEADERS = [
  'foo',
  'foo, bar',
  'foo,bar , baz',
  'foo, foo',
  'foo;bar',
  'foo; bar; baz=1',
  'foo; bar=1; bar=2',
  'foo; bar="quoted"',
  'foo; bar="q\\u\\oted"',
  'foo; bar="a", baz; qux',
  'foo;bar=x;bar="y";bar',
  'foo;\tbar\t=1',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; server_max_window_bits="10"',
  'FOO; Bar=BAZ',
  "!#$%&'*+-.^_`|~09",
  'constructor; __proto__=1',
  '',
  ' ',
  ',',
  'foo,',
  ',foo',
  'foo,,bar',
  'foo;',
  'foo; ',
  ';foo',
  'foo;;bar',
  'foo;bar=',
  'foo;bar=;baz',
  'foo;=bar',
  'foo=bar',
  'foo; bar="',
  'foo; bar=""',
  'foo; bar="a',
  'foo; bar="a"b',
  'foo; bar="a b"',
  'foo; bar="a,b"',
  'foo; bar="\\"',
  'foo; bar="\\ "',
  'foo; bar=a"b"',
  'foo bar',
  'foo; bar baz',
  'foo; bar=a b',
  'foo (bar)',
  'f\u00f6o',
  'foo; b\u00e4r',
  'foo; bar=b\u00e4z',
  '\0',
  'foo '
];

scenario('11.9: extension.parse()', (WebSocket, trace) => {
  for (const header of EXTENSION_HEADERS) {
    trace.call('extension', JSON.stringify(header), () =>
      WebSocket.extension.parse(header)
    );
  }
});

scenario('11.9: extension.format()', (WebSocket, trace) => {
  for (const value of [
    {},
    { foo: {} },
    { foo: [{}] },
    { foo: [{ bar: true }] },
    { foo: { bar: [true] } },
    { foo: [{ bar: ['a', 1, true] }, { baz: false }] },
    { foo: { bar: 'a b' }, qux: { a: 1, b: [2, 3] } },
    WebSocket.extension.parse('foo; a=1; a=2; b, bar, foo; c')
  ]) {
    trace.call('extension', trace.describe(value), () =>
      WebSocket.extension.format(value)
    );
  }
});

scenario('11.10: subprotocol.parse()', (WebSocket, trace) => {
  for (const header of [
    'foo',
    'foo,bar',
    'foo , bar\t,baz',
    "!#$%&'*+-.^_`|~09AZaz",
    '',
    ' ',
    ',',
    'foo,',
    ',foo',
    'foo,,bar',
    'foo ',
    ' foo',
    'foo bar',
    'foo, foo',
    'foo, Foo',
    'foo,bar,foo ',
    'foo;bar',
    'f\u00f6o',
    '"foo"',
    '\0'
  ]) {
    trace.call('subprotocol', JSON.stringify(header), () =>
      WebSocket.subprotocol.parse(header)
    );
  }
});

scenario('11.9, 11.10: parsing what is no string', (WebSocket, trace) => {
  for (const value of [undefined, null]) {
    trace.misuse('parse', 'extension', () => WebSocket.extension.parse(value));
    trace.misuse('parse', 'protocol', () => WebSocket.subprotocol.parse(value));
  }
});

scenario('11.11: PerMessageDeflate', async (WebSocket, trace) => {
  const { PerMessageDeflate } = WebSocket;
  const client = new PerMessageDeflate({ threshold: 0 });
  const server = new PerMessageDeflate({ isServer: true });
  const promised = (deflate, method, ...values) =>
    promisify(deflate[method].bind(deflate))(...values);

  trace.note('both', 'name', PerMessageDeflate.extensionName, client.params);
  trace.note('both', 'offer', client.offer(), server.offer());
  trace.note('both', 'agreed', server.accept([{}]), client.accept([{}]));
  trace.note('both', 'params', server.params, client.params);

  for (const fin of [true, false, true]) {
    const payload = await promised(client, 'compress', 'a'.repeat(100), fin);
    const data = await promised(server, 'decompress', payload, fin);

    trace.note('both', 'data', data, payload.length < 100);
  }

  await promised(server, 'decompress', Buffer.from('ff', 'hex'), true).catch(
    ({ code, errno }) => trace.note('both', 'error', code, errno)
  );
  trace.call('both', 'accept', () => server.accept([{ foo: [true] }]));
  client.cleanup();
  server.cleanup();
});

scenario('11.13: Sender.frame()', (WebSocket, trace) => {
  const { Sender } = WebSocket;
  const data = {
    text: 'text',
    empty: '',
    Buffer: Buffer.from('buffer'),
    'empty Buffer': Buffer.alloc(0),
    '125 bytes': Buffer.alloc(125, 1),
    '126 bytes': Buffer.alloc(126, 1),
    '65536 bytes': Buffer.alloc(65536, 1)
  };
  const options = {
    plain: { fin: true, opcode: TEXT },
    'without FIN': { fin: false, opcode: BINARY },
    'with RSV1': { fin: true, opcode: TEXT, rsv1: true },
    'opcode 3': { fin: true, opcode: 3 },
    'read only': { fin: true, opcode: BINARY, readOnly: true },
    masked: {
      fin: true,
      generateMask: (key) => key.writeUInt32BE(0x01020304),
      mask: true,
      maskBuffer: Buffer.alloc(4),
      opcode: BINARY,
      readOnly: true
    },
    'masked with zeros': {
      fin: true,
      generateMask: (key) => key.fill(0),
      mask: true,
      maskBuffer: Buffer.alloc(4),
      opcode: BINARY
    }
  };

  for (const [what, value] of Object.entries(data)) {
    for (const [how, settings] of Object.entries(options)) {
      const list = Sender.frame(value, settings);

      trace.note('frame', `${what}, ${how}`, list.length);
      trace.note(
        'frame',
        'bytes',
        Buffer.concat(list.map((e) => Buffer.from(e)))
      );
    }
  }
});

scenario('11.13: Sender.frame() with random masks', (WebSocket, trace) => {
  const data = Buffer.from('data');
  const frames = [0, 1].map(() =>
    Buffer.concat(
      WebSocket.Sender.frame(data, {
        fin: true,
        mask: true,
        opcode: BINARY,
        readOnly: true
      })
    )
  );

  for (const frame of frames) {
    trace.lines('frame', decodeFrames(frame).frames.map(describeFrame));
  }

  trace.note('frame', 'different keys', !frames[0].equals(frames[1]));
  trace.note('frame', 'data', data);
});

scenario(
  '11.13: Sender.frame() keeps data that is handed out',
  (WebSocket, trace) => {
    const data = Buffer.from('data');
    const list = WebSocket.Sender.frame(data, { fin: true, opcode: BINARY });

    trace.note('frame', 'the same Buffer', list[1] === data);
  }
);

scenario(
  '11.13: a Sender writes to any stream',
  async (WebSocket, trace, tools) => {
    const chunks = [];
    const socket = new Writable({
      write(chunk, encoding, callback) {
        chunks.push(chunk);
        callback();
      }
    });
    const sender = new WebSocket.Sender(socket, {});
    const called = new Promise((resolve) => {
      sender.send('text', { binary: false, fin: true, mask: false }, () => {
        trace.note('sender', 'callback');
      });
      sender.send(Buffer.from('part'), { binary: true, fin: false });
      sender.send('rest', { binary: true, fin: true });
      sender.ping('ping', false);
      sender.pong(Buffer.from('pong'), true);
      sender.close(1000, 'bye', false, resolve);
    });

    await called;
    await tools.turns(1);

    const { frames, rest } = decodeFrames(Buffer.concat(chunks));

    trace.lines('sender', frames.map(describeFrame));
    trace.note('sender', 'rest', rest);
  }
);

scenario(
  '11.13: a Sender with its own masks',
  async (WebSocket, trace, tools) => {
    const socket = new PassThrough();
    const sender = new WebSocket.Sender(socket, {}, (key) => key.fill(7));

    sender.send('text', { fin: true, mask: true });
    sender.ping('ping', true);
    await tools.turns(1);
    // One call does not read everything in every version of Node.
    socket.end();
    trace.note('sender', 'bytes', Buffer.concat(await socket.toArray()));
  }
);

scenario('11.13: a Sender checks its arguments', (WebSocket, trace) => {
  const sender = new WebSocket.Sender(new PassThrough(), {});

  trace.call('sender', 'ping', () => sender.ping('x'.repeat(126)));
  trace.call('sender', 'pong', () => sender.pong('x'.repeat(126)));
  trace.call('sender', 'close code', () => sender.close(1005));
  trace.call('sender', 'close reason', () =>
    sender.close(1000, 'x'.repeat(124))
  );
  trace.call('sender', 'data', () => sender.send({}, {}));
});

/**
 * Makes a Receiver whose events are noted.
 *
 * @param {Function} WebSocket The implementation
 * @param {Trace} trace The trace
 * @param {Object} [options] Its options
 * @return {Receiver} The receiver
 */
function makeReceiver(WebSocket, trace, options) {
  const receiver = new WebSocket.Receiver(options);

  return trace.watch('receiver', receiver, [
    'message',
    'ping',
    'pong',
    'conclude',
    'error',
    'finish'
  ]);
}

for (const isServer of [false, true]) {
  scenario(
    `11.12: a Receiver parses frames (isServer: ${isServer})`,
    async (WebSocket, trace, tools) => {
      const receiver = makeReceiver(WebSocket, trace, { isServer });
      const frame = (opcode, payload, options) =>
        encodeFrame({ masked: isServer, opcode, payload, ...options });

      trace.note('receiver', 'class', receiver instanceof Writable);
      receiver.write(
        Buffer.concat([
          frame(TEXT, 'text'),
          frame(BINARY, 'binary'),
          frame(PING, 'ping'),
          frame(PONG, ''),
          frame(TEXT, 'frag', { fin: false }),
          frame(PING, 'between'),
          frame(CONTINUATION, 'ments')
        ])
      );
      for (const byte of frame(BINARY, 'bytewise'))
        receiver.write(Buffer.from([byte]));
      receiver.write(frame(CLOSE, closePayload(1000, 'done')));
      await tools.event(receiver, 'finish');
    }
  );
}

for (const [name, options, bytes] of [
  ['a bad frame', {}, Buffer.from([0x83, 0])],
  [
    'too long a message',
    { maxPayload: 3 },
    encodeFrame({ opcode: TEXT, payload: 'abcd' })
  ],
  ['too many fragments', { maxFragments: 1 }, Buffer.from([0x01, 0, 0x80, 0])],
  ['bad UTF-8', {}, Buffer.from([0x81, 1, 0xff])],
  [
    'bad UTF-8 that is not looked at',
    { skipUTF8Validation: true },
    Buffer.from([0x81, 1, 0xff])
  ],
  ['the wrong masking', { isServer: true }, Buffer.from([0x81, 0])]
]) {
  scenario(
    `11.12: a Receiver that gets ${name}`,
    async (WebSocket, trace, tools) => {
      const receiver = makeReceiver(WebSocket, trace, options);

      receiver.write(bytes, trace.callback('receiver', 'write'));
      await tools.turns(3);
      trace.note('receiver', 'destroyed', receiver.destroyed);
    }
  );
}

for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments', 'blob']) {
  scenario(
    `11.12: a Receiver with binaryType ${binaryType}`,
    async (WebSocket, trace, tools) => {
      const receiver = makeReceiver(WebSocket, trace, { binaryType });

      receiver.write(
        encodeFrame({ opcode: BINARY, payload: 'one', fin: false })
      );
      receiver.write(encodeFrame({ opcode: CONTINUATION, payload: 'two' }));
      await tools.turns(2);
    }
  );
}

scenario(
  '11.12: a Receiver that defers its events',
  async (WebSocket, trace, tools) => {
    const receiver = makeReceiver(WebSocket, trace, {
      allowSynchronousEvents: false
    });

    receiver.write(
      Buffer.concat([
        encodeFrame({ opcode: TEXT, payload: 'one' }),
        encodeFrame({ opcode: PING, payload: 'two' })
      ])
    );
    trace.note('receiver', 'written');
    await tools.event(receiver, 'ping');
  }
);

scenario(
  '11.12: a Receiver at the end of its input',
  async (WebSocket, trace, tools) => {
    const receiver = makeReceiver(WebSocket, trace);

    receiver.end(
      encodeFrame({ opcode: TEXT, payload: 'cut off' }).subarray(0, 4)
    );
    await tools.event(receiver, 'finish');
  }
);

compare(__filename);
