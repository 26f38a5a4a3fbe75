'use strict';

const { compare, onBothSides } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { defer } = require('./support/tools');
const { outcome } = require('./support/trace');

/** More than the kernel takes from a sender whose peer does not read. */
const STUCK = 16 * 1024 * 1024;

/**
 * Something the implementations take for a Blob.
 *
 * @param {Number} size The size it claims
 * @param {Function} arrayBuffer Reads it
 * @return {Object} The object
 */
function fakeBlob(size, arrayBuffer) {
  return {
    arrayBuffer,
    size,
    stream() {},
    type: '',
    [Symbol.toStringTag]: 'Blob'
  };
}

onBothSides(
  '5.11: callbacks come once, in order, and never synchronously',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const done = defer();
    let synchronous = true;
    const callback =
      (name) =>
      (...values) => {
        trace.note('ws', name, synchronous, ws.readyState, ...outcome(values));
        if (name === 'last') done.resolve();
      };

    ws.send('a', callback('send'));
    ws.ping('b', undefined, callback('ping'));
    ws.send(Buffer.alloc(0), callback('empty send'));
    ws.pong('c', undefined, callback('pong'));
    ws.send(Buffer.alloc(100000), callback('big send'));
    ws.send('d', { fin: false }, callback('fragment'));
    ws.send('e', callback('last'));
    synchronous = false;
    await done.promise;
    trace.lines('wire', (await peer.frames(7)).map(describeFrame));
  }
);

onBothSides(
  '5.11: callbacks may send more',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.send('1', () => {
      ws.send('3');
      ws.send('4', () => ws.close(1000));
    });
    ws.send('2');
    trace.lines('wire', (await peer.frames(5)).map(describeFrame));
  }
);

onBothSides(
  '5.11, 6.12: a callback that throws does not harm the others',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const done = defer();

    ws.send('a', () => {
      trace.note('ws', 'first callback');
      throw new RangeError('mine');
    });
    ws.send('b', () => {
      trace.note('ws', 'second callback');
      done.resolve();
    });
    await done.promise;
    trace.lines('wire', (await peer.frames(2)).map(describeFrame));
    trace.note('ws', 'state', ws.readyState);
  }
);

for (const method of ['send', 'ping', 'pong']) {
  onBothSides(
    `5.2: ${method} in CLOSING and CLOSED calls back with an error`,
    async (WebSocket, trace, tools, open) => {
      const { ws, peer } = await open();
      let synchronous = true;

      ws.close();
      ws[method]('x', undefined, (...values) => {
        trace.note('ws', 'in CLOSING', synchronous, ...values);
      });
      process.nextTick(() => trace.note('ws', 'tick'));
      synchronous = false;
      peer.write(peer.closeFrame());
      await tools.event(ws, 'close');
      ws[method]('x', undefined, (...values) => {
        trace.note('ws', 'in CLOSED', ...values);
      });
      await tools.turns(1);
    }
  );
}

onBothSides(
  '5.11: callbacks of what was sent come before the close event',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.send('a', trace.callback('ws', 'a', ws));
    ws.send(Buffer.alloc(200000), trace.callback('ws', 'b', ws));
    ws.close(1000);
    ws.send('late', trace.callback('ws', 'late', ws));
    await peer.frames(3);
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.12: terminate() fails the callbacks of what could not be written',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    peer.socket.pause();
    ws.send(Buffer.alloc(STUCK), trace.callback('ws', 'stuck send', ws));
    ws.send('behind it', trace.callback('ws', 'send behind it', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    await tools.turns(5);
    ws.terminate();
    ws.send('late', trace.callback('ws', 'late send', ws));
    await tools.event(ws, 'close');
    await tools.turns(2);
  }
);

onBothSides(
  '5.12: terminate() in the tick of send()',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    trace.watch('ws', ws);
    ws.send(Buffer.alloc(STUCK), trace.callback('ws', 'first', ws));
    ws.send('second', trace.callback('ws', 'second', ws));
    ws.terminate();
    await tools.event(ws, 'close');
    await tools.turns(2);
  }
);

onBothSides(
  '5.12: small messages of the tick of terminate() leave',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.send('first', trace.callback('ws', 'first', ws));
    ws.send(Buffer.from('second'), trace.callback('ws', 'second', ws));
    ws.terminate();
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

onBothSides(
  '2.8: bufferedAmount is 0 if the kernel takes everything',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();
    const done = defer();

    trace.note('ws', 'at first', ws.bufferedAmount);
    ws.send('small');
    trace.note('ws', 'after a string', ws.bufferedAmount);
    ws.send(Buffer.alloc(1000));
    trace.note('ws', 'after a Buffer', ws.bufferedAmount);
    ws.ping('ping', undefined, done.resolve);
    trace.note('ws', 'after a ping', ws.bufferedAmount);
    await done.promise;
    trace.note('ws', 'in the callback', ws.bufferedAmount);
  }
);

onBothSides(
  '2.8: bufferedAmount counts headers and payloads that are stuck',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const done = defer();

    peer.socket.pause();
    ws.send(Buffer.alloc(STUCK));
    trace.note('ws', 'after the first', ws.bufferedAmount);
    ws.send('x'.repeat(1000));
    trace.note('ws', 'after a string', ws.bufferedAmount);
    ws.ping('ping');
    trace.note('ws', 'after a ping', ws.bufferedAmount);
    ws.send('', done.resolve);
    trace.note('ws', 'after an empty message', ws.bufferedAmount);
    await tools.turns(5);
    trace.note('ws', 'still stuck', ws.bufferedAmount > 1000);
    peer.socket.resume();
    await done.promise;
    trace.note('ws', 'when all is written', ws.bufferedAmount);
  }
);

onBothSides(
  '2.10: bufferedAmount grows for ever after the end',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.close();
    ws.send('four');
    trace.note('ws', 'in CLOSING', ws.bufferedAmount);
    peer.write(peer.closeFrame());
    await tools.event(ws, 'close');
    ws.send(Buffer.alloc(6));
    trace.note('ws', 'after send', ws.bufferedAmount);
    ws.ping('ping');
    trace.note('ws', 'after ping', ws.bufferedAmount);
    ws.pong(new Uint16Array(2));
    trace.note('ws', 'after pong', ws.bufferedAmount);
    ws.send(7);
    ws.send();
    ws.send(new Blob(['blob']));
    trace.note('ws', 'in the end', ws.bufferedAmount);
  }
);

onBothSides(
  '5.13, 2.9: everything waits behind a Blob',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    trace.watch('ws', ws);
    ws.send('before', trace.callback('ws', 'before', ws));
    ws.send(new Blob(['blob']), trace.callback('ws', 'Blob', ws));
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
    ws.send('behind', trace.callback('ws', 'behind', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    ws.pong(new Blob(['pong']), undefined, trace.callback('ws', 'pong', ws));
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
    ws.send('last', { fin: false }, trace.callback('ws', 'last', ws));
    ws.close(1000, 'done');
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
    trace.lines('wire', (await peer.frames(7)).map(describeFrame));
    peer.write(peer.closeFrame(1000));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.8: fragments of Blobs',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.send(new Blob(['one']), { fin: false });
    ws.send('two', { fin: false });
    ws.send(new Blob(['three']));
    ws.send(new Blob(['text']), { binary: false });
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
  }
);

onBothSides(
  '5.14: the socket is closed while a Blob is read',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();

    trace.watch('ws', ws);
    ws.send(new Blob(['blob']), trace.callback('ws', 'Blob', ws));
    ws.send('behind', trace.callback('ws', 'behind', ws));
    ws.ping('ping', undefined, trace.callback('ws', 'ping', ws));
    ws.terminate();
    await tools.event(ws, 'close');
    await tools.turns(5);
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
  }
);

onBothSides(
  '5.15: a Blob that cannot be read ends the connection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const blob = fakeBlob(3, () => Promise.reject(new RangeError('mine')));

    trace.watch('ws', ws);
    ws.send('before');
    ws.send(blob, trace.callback('ws', 'Blob', ws));
    ws.send('behind', trace.callback('ws', 'behind', ws));
    await tools.event(ws, 'error');
    trace.lines('wire', await peer.rest());
    await tools.event(ws, 'close');
  }
);

onBothSides(
  "6.7: a second reason for an 'error'",
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const reading = defer();
    const blob = fakeBlob(3, () => reading.promise);

    trace.watch('ws', ws);
    ws.send(blob, trace.callback('ws', 'Blob', ws));
    peer.send(3, 'bad');
    await tools.event(ws, 'error');
    reading.reject(new RangeError('mine'));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  "6.7: no 'error' after 'close'",
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();
    const reading = defer();
    const blob = fakeBlob(3, () => reading.promise);

    trace.watch('ws', ws);
    ws.send(blob, trace.callback('ws', 'Blob', ws));
    ws.terminate();
    await tools.event(ws, 'close');
    reading.reject(new RangeError('mine'));
    await tools.turns(3);
    ws._socket.emit('error', new Error('late'));
    await tools.turns(3);
  }
);

onBothSides(
  '5.15: a ping as a Blob that cannot be read',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open();
    const blob = fakeBlob(3, () => Promise.reject(new RangeError('mine')));

    trace.watch('ws', ws);
    ws.ping(blob, undefined, trace.callback('ws', 'ping', ws));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '5.13: close() behind a Blob that is never read',
  async (WebSocket, trace, tools, open) => {
    const { ws } = await open({ closeTimeout: 50 });

    trace.watch('ws', ws);
    ws.send(
      fakeBlob(3, () => new Promise(() => {})),
      trace.callback('ws', 'Blob', ws)
    );
    ws.close(1000);
    await tools.event(ws, 'close');
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
  }
);

onBothSides(
  '5.15: a Blob longer than it says',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const bytes = new Uint8Array([1, 2, 3, 4]).buffer;

    ws.send(fakeBlob(2, () => Promise.resolve(bytes)));
    trace.lines('wire', (await peer.frames(1)).map(describeFrame));
    trace.note('ws', 'bufferedAmount', ws.bufferedAmount);
  }
);

onBothSides(
  '5.12: callbacks when the peer resets the connection',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const closed = tools.event(ws, 'close');
    const failed = new Promise((resolve) => {
      trace.watch('ws', ws);
      peer.socket.pause();
      ws.send(Buffer.alloc(STUCK), (...values) => {
        trace.note('ws', 'callback', ...outcome(values));
        resolve();
      });
    });

    // A lane tries once more before it waits for the peer, and then has read this.
    await tools.turns(1);
    peer.send(OPCODES.TEXT, 'alive');
    await tools.event(ws, 'message');
    peer.reset();
    await Promise.all([closed, failed]);
    await tools.turns(3);
  }
);

onBothSides(
  '5.11: answers of listeners that take long',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const large = Buffer.alloc(10_000, 1);
    let count = 0;

    // Long enough for lanes to write the answers.
    ws.on('message', (data) => {
      const end = performance.now() + 0.05;

      while (performance.now() < end);
      ws.send(data, trace.callback('ws', `answer ${count}`, ws));
      if (count++ % 50 === 0) ws.send(large, trace.callback('ws', 'large', ws));
    });

    for (let round = 0; round < 3; round++) {
      const burst = Array.from({ length: 100 }, (_, i) =>
        peer.frame(OPCODES.TEXT, `${round}: ${i}`)
      );

      peer.write(Buffer.concat(burst));
      trace.lines('wire', (await peer.frames(102)).map(describeFrame));
    }
  }
);

compare(__filename);
