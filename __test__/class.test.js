'use strict';

const { EventEmitter } = require('events');

const { compare, scenario } = require('./support/differential');

const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
const STATICS = [
  'createWebSocketStream',
  'extension',
  'PerMessageDeflate',
  'Receiver',
  'Sender',
  'Server',
  'subprotocol',
  'WebSocket',
  'WebSocketServer'
];
const ACCESSORS = [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
  'onopen',
  'onerror',
  'onclose',
  'onmessage'
];
const METHODS = [
  'addEventListener',
  'close',
  'emitClose',
  'pause',
  'ping',
  'pong',
  'removeEventListener',
  'resume',
  'send',
  'setSocket',
  'terminate'
];

/**
 * Puts an own property's descriptor into words.
 *
 * @param {Object} object The object
 * @param {String} key The key
 * @return {String} The description
 */
function describeProperty(object, key) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);

  if (!descriptor) return 'absent';

  const flags = ['enumerable', 'configurable', 'writable', 'get', 'set'];
  return flags.filter((flag) => descriptor[flag]).join(' ');
}

scenario(
  '1.1, 1.2, 1.3: the export is the class, with its statics',
  (ws, trace) => {
    trace.note('class', 'keys', Object.keys(ws).sort());
    trace.note('class', 'name and length', ws.name, ws.length);

    for (const key of [...STATICS, ...STATES]) {
      trace.note('class', key, describeProperty(ws, key));
    }

    for (const key of STATICS) {
      trace.note('class', `type of ${key}`, typeof ws[key], ws[key].name);
    }

    trace.note('class', 'Server', ws.Server === ws.WebSocketServer);
    trace.note('class', 'WebSocket', ws.WebSocket === ws);
  }
);

scenario('1.9: parameters of the other exports', (ws, trace) => {
  trace.note('class', 'WebSocketServer', ws.WebSocketServer.length);
  trace.note('class', 'stream', ws.createWebSocketStream.length);
  trace.note('class', 'extension', ws.extension);
  trace.note('class', 'subprotocol', ws.subprotocol);
  trace.note('class', 'Sender', ws.Sender.length, ws.Sender.frame.length);
  trace.note('class', 'Receiver', ws.Receiver.length);
  trace.note('class', 'deflate', ws.PerMessageDeflate.extensionName);
});

scenario('2.1: calling without new is a TypeError', (ws, trace) => {
  trace.call('class', 'WebSocket()', () => ws('ws://localhost'));
  trace.call('class', 'WebSocketServer()', () => ws.Server({ port: 0 }));
});

scenario('2.1: instances are emitters', (ws, trace) => {
  const { prototype } = ws;

  trace.note('class', 'EventEmitter', prototype instanceof EventEmitter);
  trace.note(
    'class',
    'server',
    ws.WebSocketServer.prototype instanceof EventEmitter
  );
  trace.note(
    'class',
    'direct parent',
    Object.getPrototypeOf(ws) === EventEmitter
  );
});

scenario('2.3: state constants cannot be changed', (ws, trace) => {
  for (const state of STATES) {
    trace.note('class', state, ws[state], ws.prototype[state]);
    trace.note('class', state, describeProperty(ws.prototype, state));
    trace.misuse('class', `assign ${state}`, () => {
      ws[state] = 9;
    });
  }
});

scenario('2.4: prototype accessors', (ws, trace) => {
  for (const key of ACCESSORS) {
    trace.note('class', key, describeProperty(ws.prototype, key));
  }
});

scenario('2.5: prototype methods', (ws, trace) => {
  for (const key of METHODS) {
    const method = ws.prototype[key];

    // Of oxws an accessor, which notices that somebody replaces it.
    if (key !== 'pong') {
      trace.note('class', key, describeProperty(ws.prototype, key));
    }
    trace.note('class', key, typeof method, method.length);
  }
});

scenario(
  '2.3, 2.4: enumerable keys of an instance come from the prototype',
  (ws, trace) => {
    const keys = [];
    const instance = new ws(null, undefined, {});

    for (const key in instance) {
      if (!Object.prototype.hasOwnProperty.call(instance, key)) keys.push(key);
    }

    trace.note(
      'instance',
      'inherited keys',
      keys
        .filter(
          (key) => key in ws.prototype && !(key in EventEmitter.prototype)
        )
        .sort()
    );
  }
);

scenario('3.5, 2.14: properties of a fresh shell', (ws, trace) => {
  const instance = new ws(null, undefined, {});

  for (const key of ACCESSORS) {
    trace.call('instance', key, () => instance[key]);
  }
});

scenario('2.4: getters without a setter refuse assignment', (ws, trace) => {
  const instance = new ws(null, undefined, {});

  for (const key of [
    'bufferedAmount',
    'extensions',
    'isPaused',
    'protocol',
    'readyState',
    'url'
  ]) {
    trace.call('instance', `assign ${key}`, () => {
      instance[key] = 1;
    });
  }
});

scenario('2.6: binaryType ignores what it does not know', (ws, trace) => {
  const instance = new ws(null, undefined, {});

  for (const type of [
    'arraybuffer',
    'fragments',
    'blob',
    'nodebuffer',
    'buffer',
    '',
    null,
    undefined,
    1,
    'ArrayBuffer'
  ]) {
    instance.binaryType = type;
    trace.note('instance', `after ${type}`, instance.binaryType);
  }
});

scenario(
  '2.2, 9.30: subclasses work as client and as server option',
  async (ws, trace, tools) => {
    class Special extends ws {
      constructor(...values) {
        super(...values);
        this.special = true;
      }

      greet() {
        this.send('greeting');
      }
    }

    const { wss, url } = await tools.serve({ WebSocket: Special });

    wss.on('connection', (server) => {
      trace.note(
        'server',
        'instance',
        server instanceof Special,
        server.special
      );
      server.greet();
    });

    const client = tools.own(new Special(url, { perMessageDeflate: false }));

    trace.note('client', 'instance', client instanceof Special, client.special);
    trace.watch('client', client);
    await tools.event(client, 'message');
  }
);

scenario(
  '9.30: the server option is called with null, undefined and the options',
  async (ws, trace, tools) => {
    let options;

    class Special extends ws {
      constructor(...values) {
        trace.note('server', 'arguments', values.length, values[0], values[1]);
        options = values[2];
        super(...values);
      }
    }

    const { wss } = await tools.openServer({ WebSocket: Special });

    trace.note(
      'server',
      'options are those of the server',
      options === wss.options
    );
  }
);

scenario('2.27: own properties of users survive', async (ws, trace, tools) => {
  const { client, server } = await tools.pair();

  for (const instance of [client, server]) {
    instance.isAlive = true;
    instance.id = 7;
    trace.note('both', 'values', instance.isAlive, instance.id);
    trace.note('both', 'extensible', Object.isExtensible(instance));
  }
});

scenario(
  '2.11, 2.13, 2.15: extensions, protocol and url when open',
  async (ws, trace, tools) => {
    const { client, server } = await tools.pair();

    for (const instance of [client, server]) {
      trace.note(
        'both',
        'values',
        instance.extensions,
        instance.protocol,
        instance.url,
        instance.readyState,
        instance.isPaused,
        instance.bufferedAmount
      );
    }
  }
);

compare(__filename);
