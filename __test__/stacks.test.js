'use strict';

const { compare, scenario } = require('./support/differential');

/**
 * @param {Function} call Something that throws
 * @return {String[]} The message, and the functions of this file in the stack,
 *     innermost first
 */
function thrownIn(call) {
  try {
    call();
  } catch (err) {
    const own = err.stack
      .split('\n')
      .filter((line) => line.includes(__filename));

    return [err.message, ...own.map((line) => line.trim().split(' ')[1])];
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
