'use strict';

const { compare, scenario } = require('./support/differential');

/** Frames of the library and of Node at most: of ten, some are the caller's. */
const NEAR = 7;

/**
 * @param {Function} call Something that throws
 * @return {Array} The message, whether the caller is near the top of the stack,
 *     and the functions of this file in it, innermost first
 */
function thrownIn(call) {
  try {
    call();
  } catch (err) {
    const frames = err.stack
      .slice(err.stack.indexOf(err.message) + err.message.length)
      .split('\n')
      .slice(1);
    const own = frames.filter((line) => line.includes(__filename));

    return [
      err.message,
      frames.indexOf(own[0]) <= NEAR,
      ...own.map((line) => line.trim().split(' ')[1])
    ];
  }

  return ['nothing thrown'];
}

scenario(
  '5.26: what a method throws leads to the line that called it',
  async (WebSocket, trace, tools) => {
    const { client } = await tools.pair();
    const calls = {
      'close(1)': () => client.close(1),
      'close() with a long reason': () => client.close(1000, 'x'.repeat(124)),
      'ping() with a long payload': () => client.ping('x'.repeat(126)),
      'close() with an object': () => client.close(1000, { length: 1 }),
      'pong() with a long payload': () => client.pong(Buffer.alloc(126)),
      'ping(true)': () => client.ping(true),
      'send({})': () => client.send({}),
      'send() of a symbol': () => client.send(Symbol('s'))
    };

    for (const [name, call] of Object.entries(calls)) {
      trace.note('stack', name, ...thrownIn(call));
    }

    client.close();
    await tools.event(client, 'close');
  }
);

scenario(
  '5.26, 5.1: what throws before the connection is there',
  (WebSocket, trace) => {
    const ws = new WebSocket(null, undefined, {});
    const wss = new WebSocket.WebSocketServer({ noServer: true });

    for (const [name, call] of Object.entries({
      'send()': () => ws.send('x', () => {}),
      'ping()': () => ws.ping(),
      'pong()': () => ws.pong('x'),
      'address()': () => wss.address(),
      'extension.parse()': () => WebSocket.extension.parse(','),
      'subprotocol.parse()': () => WebSocket.subprotocol.parse('a,a'),
      'accept()': () => new WebSocket.PerMessageDeflate().accept([{ x: [1] }])
    })) {
      trace.note('stack', name, ...thrownIn(call));
    }
  }
);

scenario(
  '5.26: what a constructor throws leads to the line that called it',
  (WebSocket, trace) => {
    const calls = {
      'no URL': () => new WebSocket('nonsense'),
      'a scheme': () => new WebSocket('ftp://localhost'),
      'a version': () =>
        new WebSocket('ws://localhost', { protocolVersion: 1 }),
      'a subprotocol': () => new WebSocket('ws://localhost', 'a b'),
      'no server': () => new WebSocket.WebSocketServer({})
    };

    for (const [name, call] of Object.entries(calls)) {
      trace.note('stack', name, ...thrownIn(call));
    }
  }
);

compare(__filename);
