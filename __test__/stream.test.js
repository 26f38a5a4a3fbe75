'use strict';

const { Duplex, pipeline } = require('stream');

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { defer } = require('./support/tools');

const { BINARY, TEXT } = OPCODES;
const EVENTS = ['data', 'end', 'finish', 'error', 'close'];

/**
 * Wraps a WebSocket and notes what becomes of stream and WebSocket.
 *
 * @param {Function} WebSocket The implementation
 * @param {Trace} trace The trace
 * @param {WebSocket} ws The WebSocket
 * @param {Object} [options] Options of the stream
 * @param {String[]} [events] The events of the stream to note
 * @return {Duplex} The stream
 */
function wrap(WebSocket, trace, ws, options, events = EVENTS) {
  const duplex = WebSocket.createWebSocketStream(ws, options);

  trace.watch('both', duplex, events);
  ws.on('error', (error) => trace.note('both', 'ws error', error));
  ws.on('close', (code) => trace.note('both', 'ws close', code));
  return duplex;
}

onBothSides(
  '11.1: a stream is a Duplex with some options forced',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();
    const duplex = WebSocket.createWebSocketStream(ws, {
      autoDestroy: true,
      emitClose: true,
      encoding: 'latin1',
      highWaterMark: 7,
      objectMode: true,
      writableObjectMode: true
    });

    trace.note('stream', 'class', duplex instanceof Duplex);
    trace.note(
      'stream',
      'prototype',
      Object.getPrototypeOf(duplex) === Duplex.prototype
    );

    for (const key of [
      'readableEncoding',
      'readableHighWaterMark',
      'readableObjectMode',
      'writableHighWaterMark',
      'writableObjectMode',
      'allowHalfOpen'
    ]) {
      trace.note('stream', key, duplex[key]);
    }

    trace.note('stream', 'autoDestroy', duplex._readableState.autoDestroy);
    trace.note('stream', 'emitClose', duplex._readableState.emitClose);
  }
);

onBothSides(
  '11.3: messages become chunks',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);

    peer.write(
      peer.frame(TEXT, 'text'),
      peer.frame(BINARY, 'binary'),
      peer.frame(BINARY, 'more'),
      peer.closeFrame(1000)
    );
    await tools.event(duplex, 'end');
    duplex.end();
    await tools.event(duplex, 'close');
  }
);

onBothSides(
  '11.3: readableObjectMode keeps messages apart',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws, { readableObjectMode: true });

    peer.write(
      peer.frame(TEXT, 'text'),
      peer.frame(TEXT, ''),
      peer.frame(BINARY, 'binary'),
      peer.frame(BINARY, ''),
      peer.closeFrame(1000)
    );
    await tools.event(duplex, 'end');
    duplex.end();
    await tools.event(duplex, 'close');
  }
);

onBothSides(
  '11.2: writes become messages',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);

    duplex.write('string');
    duplex.write(Buffer.from('buffer'), trace.callback('both', 'write'));
    duplex.end('end', trace.callback('both', 'end'));
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
    duplex.resume();
    peer.write(peer.closeFrame());
    await tools.event(duplex, 'close');
  }
);

onBothSides(
  '11.2: strings stay text with decodeStrings: false',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws, { decodeStrings: false });

    duplex.write('string');
    duplex.write(Buffer.from('buffer'));
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
  }
);

scenario(
  '11.2: writes wait for the connection',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(async (peer) => {
      peer.accept();
      trace.lines('wire', (await peer.frames(3)).map(describeFrame));
      peer.write(peer.frame(TEXT, 'answer'), peer.closeFrame(1000));
    });
    const ws = tools.client(url, { perMessageDeflate: false });
    const duplex = wrap(WebSocket, trace, ws);

    duplex.write('early');
    duplex.write('bird');
    duplex.end();
    await tools.event(duplex, 'close');
  }
);

onBothSides(
  '11.5: the end of the stream closes the connection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);

    duplex.end();
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    trace.note('both', 'state', ws.readyState);
    peer.write(peer.closeFrame());
    await tools.event(duplex, 'close');
  }
);

onBothSides(
  '11.6: the peer closes first',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);

    peer.write(peer.frame(TEXT, 'last'), peer.closeFrame(1000));
    await tools.event(ws, 'close');
    await tools.turns(3);
    trace.note('both', 'destroyed', duplex.destroyed);
    trace.call('both', 'write', () => duplex.write('late'));
    await tools.event(duplex, 'error');
    await tools.turns(3);
  }
);

onBothSides(
  '11.6: the connection breaks',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);

    peer.reset();
    await tools.event(duplex, 'end');
    trace.note('both', 'destroyed', duplex.destroyed);
    duplex.end();
    await tools.turns(5);
    trace.note('both', 'destroyed', duplex.destroyed);
  }
);

for (const error of [undefined, new RangeError('mine')]) {
  onBothSides(
    `11.7: destroy(${error || ''})`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      const duplex = wrap(WebSocket, trace, ws);

      duplex.destroy(error);
      trace.note('both', 'state', ws.readyState);
      await tools.event(duplex, 'close');
      trace.lines('wire', await peer.rest());
    }
  );
}

scenario(
  '11.7: destroy() while connecting',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw(() => {});
    const ws = tools.client(url, { perMessageDeflate: false });
    const duplex = wrap(WebSocket, trace, ws);

    duplex.destroy();
    await tools.event(duplex, 'close');
  }
);

scenario('11.7: a handshake that fails', async (WebSocket, trace, tools) => {
  const { url } = await tools.serveRaw((peer) =>
    peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  );
  const ws = tools.client(url, { perMessageDeflate: false });
  const duplex = wrap(WebSocket, trace, ws);

  duplex.write('never sent', trace.callback('both', 'write'));
  duplex.end();
  await tools.event(duplex, 'close');
});

scenario(
  "11.8: an 'error' nobody listens to is thrown",
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) =>
      peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    );
    const ws = tools.client(url, { perMessageDeflate: false });

    WebSocket.createWebSocketStream(ws);
    await tools.event(process, 'uncaughtException');
  }
);

onBothSides(
  '11.7: a protocol error destroys the stream',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(WebSocket, trace, ws);
    const closed = tools.event(duplex, 'close');

    peer.write(peer.frame(TEXT, 'good'), peer.frame(3, 'bad'));
    trace.lines('wire', await peer.rest());
    await closed;
  }
);

onBothSides(
  '11.4: a full read side pauses the WebSocket',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = wrap(
      WebSocket,
      trace,
      ws,
      { highWaterMark: 10 },
      EVENTS.slice(1)
    );

    peer.send(BINARY, 'x'.repeat(8));
    await tools.event(ws, 'message');
    trace.note('both', 'paused', ws.isPaused);
    peer.send(BINARY, 'y'.repeat(8));
    await tools.event(ws, 'message');
    trace.note('both', 'paused', ws.isPaused, duplex.readableLength);
    trace.note('both', 'read', duplex.read());
    trace.note('both', 'paused', ws.isPaused);
    peer.send(BINARY, 'z');
    await tools.event(ws, 'message');
    trace.note('both', 'read', duplex.read());
  }
);

onBothSides(
  '11.3: an iterator reads the messages',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const duplex = WebSocket.createWebSocketStream(ws, {
      readableObjectMode: true
    });
    const frames = [];

    for (let i = 0; i < 50; i++) frames.push(peer.frame(TEXT, `message ${i}`));

    peer.write(...frames, peer.closeFrame(1000));

    // The stream destroys itself only when its writable side is over as well.
    duplex.end();
    for await (const message of duplex)
      trace.note('stream', 'message', message);
  }
);

scenario('11.2: a pipeline of much data', async (WebSocket, trace, tools) => {
  const { client, server } = await tools.pair();
  const outer = WebSocket.createWebSocketStream(client);
  const inner = WebSocket.createWebSocketStream(server);
  const done = defer();
  const piped = defer();
  const chunk = Buffer.alloc(50000, 9);
  let received = 0;

  pipeline(inner, inner, (error) => {
    trace.note('server', 'pipeline', error);
    piped.resolve();
  });
  outer.on('data', (data) => {
    received += data.length;
    if (received === 100 * chunk.length) outer.end();
  });
  outer.on('close', done.resolve);
  for (let i = 0; i < 100; i++) outer.write(chunk);
  await Promise.all([done.promise, piped.promise]);
  trace.note('client', 'received', received);
});

compare(__filename);
