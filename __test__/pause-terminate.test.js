'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');

const { BINARY, PING, TEXT } = OPCODES;

/** Long enough for anything on its way to arrive, in milliseconds. */
const QUIET = 60;

onBothSides(
  '2.12, 5.19: isPaused follows pause() and resume()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.note('ws', 'at first', ws.isPaused);
    trace.call('ws', 'pause', () => ws.pause());
    trace.note('ws', 'paused', ws.isPaused, ws._paused, ws._socket.isPaused());
    ws.pause();
    trace.call('ws', 'resume', () => ws.resume());
    trace.note('ws', 'resumed', ws.isPaused, ws._socket.isPaused());
    ws.resume();
    ws.pause();
    ws.resume();
    ws.close();
    trace.call('ws', 'pause in CLOSING', () => ws.pause());
    trace.note('ws', 'paused in CLOSING', ws.isPaused);
    ws.resume();
    trace.note('ws', 'resumed in CLOSING', ws.isPaused);
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
    ws.pause();
    trace.note('ws', 'paused in CLOSED', ws.isPaused);
  }
);

onBothSides(
  '2.12, 5.19: isPaused keeps its value after the close event',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    ws.pause();
    ws.terminate();
    await tools.event(ws, 'close');
    trace.note('ws', 'paused', ws.isPaused);
    ws.resume();
    trace.note('ws', 'still paused', ws.isPaused);
  }
);

onBothSides(
  '5.22: nothing is delivered between pause() and resume()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.frame(TEXT, 'three')
    );
    await tools.delay(QUIET);
    trace.note('ws', 'resume');
    ws.resume();
    trace.note('ws', 'resume returned');
    await tools.event(ws, 'message');
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.20: the rest of the chunk is delivered after pause()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => ws.pause());
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.frame(BINARY, 'three')
    );
    await tools.event(ws, 'message');
    await tools.delay(QUIET);
    peer.write(peer.frame(TEXT, 'another chunk'));
    await tools.delay(QUIET);
    trace.note('ws', 'resume');
    ws.resume();
    await tools.event(ws, 'message');
  }
);

onBothSides(
  '5.20: a close frame in the rest of the chunk counts after pause()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => ws.pause());
    peer.write(peer.frame(TEXT, 'one'), peer.closeFrame(1000, 'done'));
    await tools.event(ws, 'close');
    trace.note('ws', 'paused', ws.isPaused);
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '5.21: a FIN is noticed while paused if nothing is unread',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.socket.end();
    await tools.event(ws, 'close');
    trace.note('ws', 'paused', ws.isPaused);
  }
);

onBothSides(
  '5.21: a FIN behind unread bytes is noticed after resume()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.send(TEXT, 'unread');
    peer.socket.end();
    await tools.delay(QUIET);
    trace.note('ws', 'state', ws.readyState);
    ws.resume();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.22: close() while paused waits for resume()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    ws.close(1000, 'bye');
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    peer.write(peer.frame(TEXT, 'crossed'), peer.closeFrame(1000, 'bye'));
    await tools.delay(QUIET);
    trace.note('ws', 'state', ws.readyState);
    ws.resume();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.23: what arrived while paused is delivered when terminated',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
    await tools.delay(QUIET);
    ws.terminate();
    trace.note('ws', 'terminated', ws.readyState);
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.23: what arrived while paused is delivered in the tick after resume(), even if terminated',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
    await tools.delay(QUIET);
    ws.resume();
    ws.terminate();
    setImmediate(() => trace.note('ws', 'next turn', ws.readyState));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.23: what arrived while paused is delivered after a reset',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.pause();
    peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
    await tools.delay(QUIET);
    peer.reset();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.22: a paused sender can still send',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.pause();
    ws.send('text', trace.callback('ws', 'send'));
    ws.ping('ping');
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
  }
);

onBothSides(
  '5.22: pausing holds a fast peer back',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const payload = Buffer.alloc(64 * 1024, 1);
    const frame = peer.frame(BINARY, payload);
    let received = 0;

    ws.pause();
    for (let i = 0; i < 320; i++) peer.socket.write(frame);
    await tools.delay(2 * QUIET);
    trace.note('peer', 'held back', peer.socket.writableLength > 0);
    ws.on('message', (data) => {
      received += data.length;
    });
    ws.resume();
    while (received < 320 * payload.length) await tools.event(ws, 'message');
    trace.note('ws', 'received', received);
  }
);

onBothSides(
  '5.24: terminate() is CLOSING at once and closed later',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    trace.call('ws', 'terminate', () => ws.terminate());
    trace.note('ws', 'state', ws.readyState, ws._socket.destroyed);
    ws.terminate();
    process.nextTick(() => trace.note('ws', 'tick', ws.readyState));
    await tools.event(ws, 'close');
    trace.call('ws', 'again', () => ws.terminate());
    trace.call('ws', 'close', () => ws.close());
    trace.lines('wire', await peer.rest());
    await tools.turns(3);
  }
);

onBothSides(
  '5.24: terminate() after close()',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.close(1000, 'bye');
    ws.terminate();
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '5.25: terminate() in a listener does not lose the rest of the chunk',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => ws.terminate());
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(TEXT, 'two'),
      peer.frame(PING, 'three'),
      peer.closeFrame(1000, 'four')
    );
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.25: terminate() in a listener: an error in the rest of the chunk',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.once('message', () => ws.terminate());
    peer.write(peer.frame(TEXT, 'one'), peer.frame(3, 'bad'));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  "5.25: terminate() in a listener of 'close' and 'error'",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.on('error', () => ws.terminate());
    ws.on('close', () => ws.terminate());
    peer.send(3, 'bad');
    await tools.event(ws, 'close');
    await tools.turns(3);
  }
);

compare(__filename);
