'use strict';

const { Duplex } = require('stream');

const { compare, scenario } = require('./support/differential');
const { OPCODES, encodeFrame } = require('./support/frames');

const { TEXT } = OPCODES;

/**
 * Makes two streams, each of which reads what the other is written.
 *
 * @return {Duplex[]} Both ends
 */
function makeDuplexPair() {
  const ends = [0, 1].map(
    (i) =>
      new Duplex({
        final(callback) {
          setImmediate(() => {
            ends[1 - i].push(null);
            callback();
          });
        },
        read() {},
        write(chunk, encoding, callback) {
          setImmediate(() => {
            ends[1 - i].push(chunk);
            callback();
          });
        }
      })
  );

  return ends;
}

scenario(
  '11.21: shells over a pair of streams',
  async (WebSocket, trace, tools) => {
    const [clientStream, serverStream] = makeDuplexPair();
    const options = { autoPong: true, closeTimeout: 5000 };
    const client = new WebSocket(null, undefined, options);
    const server = new WebSocket(null, undefined, options);

    client._isServer = false;
    trace.watch('client', client);
    trace.watch('server', server);
    trace.note('client', 'state', client.readyState);
    server.on('message', (data, isBinary) =>
      server.send(data, { binary: isBinary })
    );
    client.setSocket(clientStream, Buffer.alloc(0), {
      allowSynchronousEvents: true,
      maxPayload: 0,
      skipUTF8Validation: false
    });
    server.setSocket(serverStream, Buffer.alloc(0), { maxPayload: 100 });
    trace.note(
      'client',
      'state',
      client.readyState,
      client._socket === clientStream
    );
    client.send('hello');
    client.send(Buffer.alloc(100, 'x'));
    client.ping('ping');
    await tools.event(client, 'pong');
    client.close(1000, 'done');
    await Promise.all([
      tools.event(client, 'close'),
      tools.event(server, 'close')
    ]);
  }
);

scenario('11.21: setSocket() with a head', async (WebSocket, trace, tools) => {
  const [, stream] = makeDuplexPair();
  const ws = new WebSocket(null, undefined, { autoPong: true });
  const head = encodeFrame({ opcode: TEXT, payload: 'head', masked: true });

  trace.watch('ws', ws);
  ws.on('open', () => trace.note('ws', 'in open'));
  ws.setSocket(stream, head, {});
  trace.note('ws', 'setSocket returned', ws.readyState);
  await tools.event(ws, 'message');
  stream.destroy();
  await tools.event(ws, 'close');
});

scenario('11.21: setSocket() needs its options', (WebSocket, trace) => {
  const [, stream] = makeDuplexPair();
  const ws = new WebSocket(null, undefined, {});

  trace.misuse('ws', 'no options', () => ws.setSocket(stream, Buffer.alloc(0)));
});

scenario(
  '11.21: setSocket() with a net.Socket',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttp();
    const opened = new Promise((resolve) => {
      server.on('upgrade', (req, socket, head) => {
        const ws = new WebSocket(null, undefined, {});

        socket.write(
          'HTTP/1.1 101 Mine\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
        );
        trace.watch('ws', ws);
        ws.setSocket(socket, head, { maxPayload: 5 });
        resolve(ws);
      });
    });
    const peer = await tools.dialWebSocket(port);
    const ws = await opened;

    trace.note('wire', 'response', peer.response[0]);
    peer.write(peer.frame(TEXT, 'short'), peer.frame(TEXT, 'too long'));
    trace.lines('wire', await peer.rest());
    if (ws.readyState !== WebSocket.CLOSED) await tools.event(ws, 'close');
  }
);

scenario('11.21: emitClose() of a shell', (WebSocket, trace) => {
  const ws = new WebSocket(null, undefined, {});

  trace.watch('ws', ws);
  ws.emitClose();
  trace.note('ws', 'state', ws.readyState);
});

scenario(
  '11.14, 11.16: a stream counts what was sent a moment ago',
  async (WebSocket, trace, tools) => {
    const [stream, peer] = makeDuplexPair();
    const server = new WebSocket(null, undefined, {});
    const chunks = [];

    peer.on('data', (chunk) => chunks.push(chunk));
    server.setSocket(stream, Buffer.alloc(0), {
      maxPayload: 0,
      skipUTF8Validation: false
    });
    server._isServer = true;
    server.send('one');
    trace.note('stream', 'length', stream.writableLength > 0);
    server.send('two');
    stream.write('|');
    server.send('three');
    stream.end('.');
    await tools.event(peer, 'end');
    trace.note('peer', 'bytes', Buffer.concat(chunks).toString('latin1'));
    server.terminate();
  }
);

scenario(
  '11.14: what a listener sends over a stream is written before the next tick',
  async (WebSocket, trace, tools) => {
    const [stream, peer] = makeDuplexPair();
    const ws = new WebSocket(null, undefined, {});
    let bytes = 0;

    stream._write = (chunk, encoding, callback) => {
      bytes += chunk.length;
      callback();
    };
    ws.setSocket(stream, Buffer.alloc(0), { maxPayload: 0 });
    ws.on('message', (data) => {
      const before = bytes;

      process.nextTick(() => trace.note(String(data), 'next tick', before));
      process.nextTick(() => trace.note(String(data), 'written', bytes));
      ws.send('answer');
    });
    trace.note('stream', 'corked', stream.writableCorked);
    peer.write(encodeFrame({ opcode: TEXT, payload: 'one', masked: true }));
    await tools.event(ws, 'message');
    peer.write(encodeFrame({ opcode: TEXT, payload: 'two', masked: true }));
    await tools.event(ws, 'message');
    trace.note('stream', 'corked', stream.writableCorked);
    stream.destroy();
    await tools.event(ws, 'close');
  }
);

compare(__filename);
