'use strict';

const { compare, onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');

const ATTRIBUTES = ['onopen', 'onmessage', 'onclose', 'onerror'];

/**
 * @param {Function} WebSocket The implementation
 * @return {WebSocket} A WebSocket without a connection
 */
function shell(WebSocket) {
  return new WebSocket(null, undefined, {});
}

/**
 * Notes all that can be seen of an event object.
 *
 * @param {Trace} trace The trace
 * @param {WebSocket} ws The expected target
 * @param {Event} event The event
 */
function noteEvent(trace, ws, event) {
  const keys = [];

  for (const key in event) keys.push(key);

  trace.note('event', 'class', event.constructor.name, keys.sort());
  trace.note('event', 'own keys', Object.keys(event));
  trace.note('event', 'target', event.target === ws);

  for (const key of keys.filter((k) => k !== 'target').sort()) {
    trace.note('event', key, event[key]);
  }
}

scenario('2.21: on… attributes hold one handler each', (WebSocket, trace) => {
  const ws = shell(WebSocket);

  for (const attribute of ATTRIBUTES) {
    const first = () => {};
    const second = () => {};
    const type = attribute.slice(2);

    trace.note(attribute, 'at first', ws[attribute]);
    ws[attribute] = first;
    trace.note(attribute, 'set', ws[attribute] === first);
    trace.note(attribute, 'listeners', ws.listenerCount(type));
    ws[attribute] = second;
    trace.note(attribute, 'replaced', ws[attribute] === second);
    trace.note(attribute, 'listeners', ws.listenerCount(type));

    for (const value of [null, undefined, 'text', 1, {}]) {
      ws[attribute] = first;
      ws[attribute] = value;
      trace.note(attribute, 'cleared', ws[attribute], ws.listenerCount(type));
    }
  }
});

scenario(
  '2.21: on… attributes do not show other listeners',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);

    for (const attribute of ATTRIBUTES) {
      const type = attribute.slice(2);

      ws.on(type, () => {});
      ws.addEventListener(type, () => {});
      trace.note(attribute, 'value', ws[attribute], ws.listenerCount(type));
    }
  }
);

scenario(
  '2.21: on… accepts objects as little as addEventListener accepts other types',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);

    ws.onmessage = { handleEvent() {} };
    trace.note('ws', 'onmessage', ws.onmessage, ws.listenerCount('message'));

    for (const type of ['ping', 'pong', 'upgrade', 'redirect', 'foo', '']) {
      ws.addEventListener(type, () => {});
      trace.note('ws', type, ws.listenerCount(type));
    }
  }
);

scenario(
  '2.16: addEventListener adds a handler once for a type',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);
    const handler = () => trace.note('ws', 'called');

    ws.addEventListener('message', handler);
    ws.addEventListener('message', handler);
    ws.addEventListener('open', handler);
    ws.onmessage = handler;
    trace.note(
      'ws',
      'listeners',
      ws.listenerCount('message'),
      ws.listenerCount('open')
    );
    ws.emit('message', Buffer.from('x'), false);
    ws.emit('open');
  }
);

scenario(
  '2.16: the same handler may be attribute first and listener second',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);
    const handler = () => trace.note('ws', 'called');

    ws.onmessage = handler;
    ws.addEventListener('message', handler);
    trace.note('ws', 'listeners', ws.listenerCount('message'));
    ws.removeEventListener('message', handler);
    trace.note(
      'ws',
      'listeners',
      ws.listenerCount('message'),
      ws.onmessage === handler
    );
  }
);

scenario(
  '2.20: removeEventListener leaves other kinds of listeners',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);
    const handler = () => {};

    for (const type of ['open', 'message', 'close', 'error']) {
      ws.on(type, handler);
      ws[`on${type}`] = handler;
      ws.addEventListener(type, handler);
      trace.note(type, 'listeners', ws.listenerCount(type));
      ws.removeEventListener(type, handler);
      trace.note(type, 'listeners', ws.listenerCount(type));
      ws.removeEventListener(type, handler);
      trace.note(
        type,
        'listeners',
        ws.listenerCount(type),
        ws[`on${type}`] === handler
      );
    }
  }
);

scenario('2.17: once', (WebSocket, trace) => {
  const ws = shell(WebSocket);

  ws.addEventListener('message', ({ data }) => trace.note('ws', 'data', data), {
    once: true
  });
  ws.emit('message', Buffer.from('one'), false);
  ws.emit('message', Buffer.from('two'), false);
  trace.note('ws', 'listeners', ws.listenerCount('message'));
});

scenario('2.17: once can be taken back', (WebSocket, trace) => {
  const ws = shell(WebSocket);
  const handler = () => trace.note('ws', 'called');

  ws.addEventListener('open', handler, { once: true });
  ws.removeEventListener('open', handler);
  ws.emit('open');
  trace.note('ws', 'listeners', ws.listenerCount('open'));
});

scenario(
  '2.19: this is the WebSocket or the handler object',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);
    const object = {
      handleEvent(event) {
        trace.note('ws', 'object', this === object, event.type);
      }
    };

    ws.addEventListener('open', function () {
      trace.note('ws', 'function', this === ws);
    });
    ws.addEventListener('open', object);
    ws.onopen = function () {
      trace.note('ws', 'attribute', this === ws);
    };
    ws.emit('open');
    ws.removeEventListener('open', object);
    trace.note('ws', 'listeners', ws.listenerCount('open'));
  }
);

scenario(
  '2.17: handleEvent is looked up when the event is emitted',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);
    const object = {};

    ws.addEventListener('open', object);
    object.handleEvent = () => trace.note('ws', 'called');
    trace.call('ws', 'emit', () => ws.emit('open'));

    const other = shell(WebSocket);

    other.addEventListener('open', {});
    trace.misuse('ws', 'emit without handleEvent', () => other.emit('open'));
  }
);

scenario('2.17: bad arguments of addEventListener', (WebSocket, trace) => {
  const ws = shell(WebSocket);

  trace.misuse('ws', 'undefined handler', () => ws.addEventListener('open'));
  trace.misuse('ws', 'emit', () => ws.emit('open'));
  trace.misuse('ws', 'null options', () =>
    ws.addEventListener('close', () => {}, null)
  );
  trace.call('ws', 'boolean options', () =>
    ws.addEventListener('close', () => {}, true)
  );
  trace.note(
    'ws',
    'listeners',
    ws.listenerCount('open'),
    ws.listenerCount('close')
  );
});

scenario('2.18: emitted events become event objects', (WebSocket, trace) => {
  const ws = shell(WebSocket);

  for (const type of ['open', 'message', 'close', 'error']) {
    ws.addEventListener(type, (event) => noteEvent(trace, ws, event));
  }

  ws.emit('open');
  ws.emit('message', Buffer.from('text'), false);
  ws.emit('message', Buffer.from('binary'), true);
  ws.emit('close', 1000, Buffer.from('reason'));
  ws.emit('error', new TypeError('broken'));
});

scenario('2.22, 2.26: event classes', (WebSocket, trace) => {
  const ws = shell(WebSocket);
  const classes = {};

  for (const type of ['open', 'message', 'close', 'error']) {
    ws.addEventListener(type, (event) => {
      classes[type] = event.constructor;
    });
  }

  ws.emit('open');
  ws.emit('message', Buffer.from('x'), true);
  ws.emit('close', 1000, Buffer.from(''));
  ws.emit('error', new Error('broken'));

  for (const [type, EventClass] of Object.entries(classes)) {
    const event = new EventClass('foo');

    trace.note(type, 'class', EventClass.name, EventClass.length);
    trace.note(type, 'is an Event', event instanceof classes.open);
    trace.note(type, 'is the global one', event instanceof globalThis.Event);
    trace.note(type, 'default target', event.target);
    noteEvent(trace, undefined, event);

    for (const key of Object.keys(
      Object.getOwnPropertyDescriptors(EventClass.prototype)
    ).sort()) {
      const descriptor = Object.getOwnPropertyDescriptor(
        EventClass.prototype,
        key
      );

      trace.note(
        type,
        key,
        descriptor.enumerable,
        descriptor.configurable,
        typeof descriptor.get,
        typeof descriptor.set
      );
    }
  }

  const closing = new classes.close('c', {
    code: 1,
    reason: 'r',
    wasClean: true
  });
  const failing = new classes.error('e', { error: 0, message: 'm' });
  const message = new classes.message('m', { data: 1 });

  trace.note(
    'options',
    'close',
    closing.code,
    closing.reason,
    closing.wasClean
  );
  trace.note('options', 'error', failing.error, failing.message);
  trace.note('options', 'message', message.data);
});

scenario(
  '2.18: listeners of all kinds run in the order they were added',
  (WebSocket, trace) => {
    const ws = shell(WebSocket);

    ws.on('open', () => trace.note('ws', 'on'));
    ws.onopen = () => trace.note('ws', 'attribute');
    ws.addEventListener('open', () => trace.note('ws', 'listener'));
    ws.emit('open');
    ws.onopen = () => trace.note('ws', 'attribute, replaced');
    ws.emit('open');
  }
);

onBothSides(
  '2.23: MessageEvent has a string for text, else the binary type',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const done = tools.event(ws, 'close');

    ws.addEventListener('message', (event) => noteEvent(trace, ws, event));
    peer.send(OPCODES.TEXT, 'grüße');
    peer.send(OPCODES.BINARY, 'bytes');
    await tools.event(ws, 'message');
    peer.send(OPCODES.TEXT, '');
    await tools.event(ws, 'message');
    ws.binaryType = 'arraybuffer';
    peer.write(
      peer.frame(OPCODES.BINARY, 'array buffer'),
      peer.closeFrame(1000)
    );
    await done;
  }
);

onBothSides(
  '2.24: CloseEvent.wasClean after a full closing handshake',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.onclose = (event) => noteEvent(trace, ws, event);
    peer.write(peer.closeFrame(3000, 'gründlich'));
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '2.24: CloseEvent.wasClean without a close frame of the peer',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.onclose = (event) => noteEvent(trace, ws, event);
    ws.close(1000);
    await peer.frames(1);
    peer.socket.end();
    await tools.event(ws, 'close');
  }
);

onBothSides(
  '2.25: ErrorEvent of a protocol error',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();

    ws.onerror = (event) => noteEvent(trace, ws, event);
    peer.send(3);
    await tools.event(ws, 'close');
  }
);

scenario('2.22: OpenEvent of a client', async (WebSocket, trace, tools) => {
  const { url } = await tools.serve();
  const ws = tools.client(url);

  ws.onopen = (event) => noteEvent(trace, ws, event);
  await tools.event(ws, 'open');
});

compare(__filename);
