'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES, describeFrame, encodeFrame } = require('./support/frames');

const { TEXT } = OPCODES;

onBothSides(
  '11.25: own properties of an open WebSocket',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    for (const key of [
      '_autoPong',
      '_binaryType',
      '_closeCode',
      '_closeFrameReceived',
      '_closeFrameSent',
      '_closeMessage',
      '_closeTimer',
      '_extensions',
      '_isServer',
      '_paused',
      '_protocol',
      '_readyState',
      '_redirects',
      '_req'
    ]) {
      const own = Object.prototype.hasOwnProperty.call(ws, key);
      trace.note('ws', key, own, ws[key]);
    }

    for (const key of ['_socket', '_sender', '_receiver']) {
      trace.note('ws', key, ws[key] !== null, typeof ws[key]);
    }
  }
);

onBothSides(
  '11.14, 11.17: _socket describes the connection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const { _socket: socket } = ws;
    const { address, family, port } = socket.address();

    trace.note('ws', 'remote', socket.remoteAddress, socket.remoteFamily);
    trace.note(
      'ws',
      'remote port',
      socket.remotePort === peer.socket.localPort
    );
    trace.note('ws', 'local', socket.localAddress, address, family);
    trace.note('ws', 'local port', port === socket.localPort);
    trace.note(
      'ws',
      'state',
      socket.readyState,
      socket.connecting,
      socket.pending
    );
    trace.note(
      'ws',
      'streams',
      socket.readable,
      socket.writable,
      socket.destroyed
    );
    trace.note('ws', 'paused', socket.isPaused(), socket.readableFlowing);
    trace.note('ws', 'encrypted', socket.encrypted, socket.authorized);
    trace.note('ws', 'timeout', socket.timeout);

    for (const call of [
      () => socket.setKeepAlive(true, 1000),
      () => socket.setNoDelay(false),
      () => socket.ref(),
      () => socket.unref(),
      () => socket.setTimeout(0)
    ]) {
      trace.note('ws', 'chains', call() === socket);
    }
  }
);

onBothSides(
  '11.14: _socket stays after the end',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const { _socket: socket } = ws;

    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
    trace.note('ws', 'socket', ws._socket === socket, socket.destroyed);
    trace.note('ws', 'address', socket.remoteAddress, socket.address());
    trace.note('ws', 'closed', socket.closed, socket.readable, socket.writable);
  }
);

scenario(
  '11.18: req.socket is the socket of the WebSocket',
  async (WebSocket, trace, tools) => {
    const { ws, peer, req } = await tools.openServer();
    const { socket } = req;

    trace.note('ws', 'same', socket === ws._socket, socket === req.connection);
    trace.note('ws', 'address', socket.remoteAddress, socket.destroyed);
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
    trace.note('ws', 'same', socket === ws._socket, socket.destroyed);
  }
);

onBothSides(
  '11.15: events of _socket',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.on('close', () => trace.note('ws', 'ws close'));
    trace.watch('ws', ws._socket, ['end', 'finish', 'error', 'close']);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

for (const [name, act] of Object.entries({
  'destroy()': (socket) => socket.destroy(),
  'destroy(error)': (socket) => socket.destroy(new RangeError('mine')),
  'end()': (socket) => socket.end(),
  'resetAndDestroy()': (socket) => socket.resetAndDestroy(),
  "emit('error')": (socket) => socket.emit('error', new Error('mine'))
})) {
  onBothSides(
    `11.15: _socket.${name}`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();

      trace.watch('ws', ws);
      ws._socket.on('error', (error) => trace.note('socket', 'error', error));
      ws._socket.on('close', (failed) => trace.note('socket', 'close', failed));
      ws.send('before');
      act(ws._socket);
      trace.note('ws', 'state', ws.readyState, ws._socket.destroyed);
      await tools.event(ws, 'close');

      if (!name.startsWith('reset')) {
        trace.lines('wire', await peer.rest());
      }
    }
  );
}

onBothSides(
  '11.16: bytes written to _socket keep their place',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const raw = (text) =>
      encodeFrame({ opcode: TEXT, payload: text, masked: !ws._isServer });

    ws.send('one');
    ws._socket.write(raw('two'), trace.callback('ws', 'two'));
    ws.send('three');
    ws._socket.cork();
    ws._socket.write(raw('four').subarray(0, 3));
    ws._socket.write(raw('four').subarray(3));
    ws._socket.uncork();
    ws.ping('five');
    ws._socket.write(raw('six').toString('latin1'), 'latin1');
    ws.close(1000);
    trace.lines('wire', (await peer.frames(7)).map(describeFrame));
  }
);

onBothSides(
  '11.16: a bad frame written to _socket',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws._socket.write(Buffer.from([0xc3, 0x80]));
    await peer.until(() => peer.bytes.length === 2);
    trace.note('wire', 'bytes', peer.bytes);
  }
);

onBothSides(
  '11.14: bytesRead and bytesWritten of _socket',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const { bytesRead, bytesWritten } = ws._socket;

    peer.send(TEXT, 'hello');
    await tools.event(ws, 'message');
    trace.note('ws', 'read', ws._socket.bytesRead - bytesRead);
    await new Promise((resolve) => ws.send('hello', resolve));
    trace.note('ws', 'written', ws._socket.bytesWritten - bytesWritten);
  }
);

onBothSides(
  "11.15: _socket: listeners of 'data' see the bytes",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws._socket.on('data', (chunk) => trace.note('ws', 'data', chunk.length));
    peer.send(TEXT, 'hello');
    await tools.event(ws, 'message');
  }
);

onBothSides(
  '11.17: _socket.setTimeout() fires when idle',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    ws._socket.setTimeout(20, () => trace.note('ws', 'timeout'));
    await tools.event(ws._socket, 'timeout');
    trace.note('ws', 'state', ws.readyState);
  }
);

onBothSides(
  '11.17: _socket.pause() and resume() hold messages back',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws._socket.pause();
    trace.note('ws', 'paused', ws.isPaused, ws._socket.isPaused());
    peer.send(TEXT, 'one');
    await tools.delay(40);
    trace.note('ws', 'resume');
    ws._socket.resume();
    await tools.event(ws, 'message');
  }
);

onBothSides(
  '11.15: ending and destroying _socket after the end',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
    ws._socket.on('error', (error) => trace.note('socket', 'error', error));
    trace.call('socket', 'write', () =>
      ws._socket.write('x', (error) => trace.note('socket', 'written', error))
    );
    trace.call('socket', 'end', () => ws._socket.end() === ws._socket);
    trace.call('socket', 'destroy', () => ws._socket.destroy() === ws._socket);
    trace.call(
      'socket',
      'setTimeout',
      () => ws._socket.setTimeout(0) === ws._socket
    );
    trace.call('socket', 'ref', () => ws._socket.ref() === ws._socket);
    await tools.turns(3);
  }
);

onBothSides(
  '11.19: _sender.sendFrame() with frames of Sender.frame()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const frame = (text) =>
      ws._sender.constructor.frame(Buffer.from(text), {
        fin: true,
        mask: !ws._isServer,
        opcode: TEXT,
        readOnly: false,
        rsv1: false
      });

    trace.note('ws', 'class', ws._sender.constructor === WebSocket.Sender);
    ws.send('one');
    ws._sender.sendFrame(frame('two'), trace.callback('ws', 'two'));
    ws._sender.sendFrame(frame(''), trace.callback('ws', 'empty'));
    ws._sender.sendFrame([Buffer.concat(frame('three').map(Buffer.from))]);
    ws.send('four');
    trace.lines('wire', (await peer.frames(5)).map(describeFrame));
    await tools.turns(2);
  }
);

onBothSides(
  '11.19: _sender.sendFrame() to many connections',
  async (WebSocket, trace, tools, open) => {
    const connections = await Promise.all([open(), open(), open()]);
    const list = WebSocket.Sender.frame(Buffer.from('shared'), {
      fin: true,
      opcode: TEXT,
      readOnly: false
    });

    for (const { ws } of connections) {
      for (let i = 0; i < 3; i++) ws._sender.sendFrame(list);
    }

    for (const { peer } of connections) {
      trace.lines('wire', (await peer.frames(3)).map(describeFrame));
    }

    trace.note('ws', 'list', list);
  }
);

onBothSides(
  '11.19: _sender.sendFrame() after the end',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    ws.terminate();
    ws._sender.sendFrame([Buffer.from('x')], trace.callback('ws', 'sendFrame'));
    await tools.event(ws, 'close');
    await tools.turns(1);
  }
);

onBothSides(
  '11.22: emitting events by hand',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    trace.watch('ws', ws);
    ws.emit('message', Buffer.from('mine'), false);
    ws.emit('ping', Buffer.from('mine'));
    trace.call('ws', 'error', () => ws.emit('error', new Error('mine')));
    trace.note('ws', 'state', ws.readyState);
  }
);

scenario(
  '11.22: wss.emit() of a connection by hand',
  async (WebSocket, trace, tools) => {
    const { wss } = await tools.serve();
    const ws = new WebSocket(null, undefined, {});

    wss.on('connection', (...values) => {
      trace.note('server', 'connection', values.length, values[0] === ws);
    });
    wss.emit('connection', ws, {});
  }
);

compare(__filename);
