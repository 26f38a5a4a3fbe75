'use strict';

const { compare, scenario } = require('./support/differential');
const { steadyHead } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

const TARGET = 'ws://localhost:1';

/**
 * Registers a scenario of constructor calls that throw.
 *
 * @param {String} title The title
 * @param {Object.<String, Array>} calls Arguments by description
 */
function refuses(title, calls) {
  scenario(title, (WebSocket, trace) => {
    for (const [what, values] of Object.entries(calls)) {
      trace.call('constructor', what, () => new WebSocket(...values));
    }
  });
}

/**
 * Connects to a raw server and notes the request.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Function} connect Gets the URL, returns the client
 * @return {Promise<WebSocket>} The client, after its handshake has failed
 */
async function noteRequest(trace, tools, connect) {
  const request = defer();
  const { url } = await tools.serveRaw((peer) => {
    request.resolve(peer.request);
    peer.socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  const ws = connect(url);

  trace.watch('client', ws);
  trace.lines('wire', steadyHead(await request.promise));
  await tools.event(ws, 'close');
  return ws;
}

refuses('3.6: protocolVersion has to be the number 8 or 13', {
  7: [TARGET, { protocolVersion: 7 }],
  0: [TARGET, { protocolVersion: 0 }],
  'a string': [TARGET, { protocolVersion: '13' }],
  null: [TARGET, { protocolVersion: null }],
  undefined: [TARGET, { protocolVersion: undefined }]
});

refuses('3.7: the URL has to parse', {
  'no scheme': ['localhost'],
  empty: [''],
  'no host': ['ws://'],
  number: [7],
  undefined: [undefined],
  none: [],
  object: [{}],
  'bad port': ['ws://localhost:99999'],
  'a path': ['/path']
});

refuses('3.8: the scheme has to be one of five', {
  ftp: ['ftp://localhost'],
  file: ['file:///x'],
  'object of URL': [new URL('mailto:a@b')],
  'wss+unix': ['wss+unix:/x']
});

refuses('3.9: ws+unix needs a path', {
  'without slashes': ['ws+unix:'],
  'with slashes': ['ws+unix://']
});

refuses('3.10: the URL must not have a fragment', {
  ws: ['ws://localhost#foo'],
  wss: ['wss://localhost/path?query#foo'],
  http: ['http://localhost/#foo'],
  'ws+unix': ['ws+unix:/socket#foo']
});

refuses('3.4: subprotocols have to be distinct tokens', {
  empty: [TARGET, ''],
  null: [TARGET, null],
  number: [TARGET, 1],
  true: [TARGET, true],
  space: [TARGET, 'a b'],
  comma: [TARGET, 'a,b'],
  umlaut: [TARGET, 'ä'],
  'empty element': [TARGET, ['a', '']],
  'null element': [TARGET, [null]],
  'undefined element': [TARGET, [undefined]],
  'number element': [TARGET, ['a', 1]],
  duplicate: [TARGET, ['a', 'b', 'a']],
  parenthesis: [TARGET, 'a(b'],
  'as an option': [TARGET, { protocols: 'a b' }],
  'duplicate as an option': [TARGET, { protocols: ['a', 'a'] }],
  'empty as an option': [TARGET, { protocols: '' }],
  'null as an option': [TARGET, { protocols: null }],
  'options behind undefined': [TARGET, undefined, { protocols: 'a b' }]
});

refuses('3.11: the checks come in a fixed order', {
  'version before URL': ['bad', 'a b', { protocolVersion: 1 }],
  'URL before protocol': ['bad', 'a b'],
  'scheme before fragment': ['ftp://x#y', 'a b'],
  'fragment before protocol': ['ws://x#y', 'a b'],
  'fragment of ftp': ['ftp://localhost#y'],
  'unix path before fragment': ['ws+unix:#y']
});

scenario('3.5: a null address needs options', (WebSocket, trace) => {
  trace.misuse('constructor', 'one argument', () => new WebSocket(null));
  trace.misuse(
    'constructor',
    'undefined options',
    () => new WebSocket(null, undefined, undefined)
  );
});

scenario('3.5: a shell has no connection', (WebSocket, trace) => {
  const shell = () => new WebSocket(null, undefined, {});
  const { readyState, url, _isServer } = shell();

  trace.note('shell', 'state', readyState, url, _isServer);
  trace.misuse('shell', 'close', () => shell().close());
  trace.misuse('shell', 'terminate', () => shell().terminate());
  trace.call('shell', 'send', () => shell().send('x'));
  trace.call('shell', 'ping', () => shell().ping('x'));
  trace.call('shell', 'pause', () => shell().pause());
  trace.call('shell', 'resume', () => shell().resume());
});

for (const [name, address] of [
  ['a string', (url) => url],
  ['a URL', (url) => new URL(url)],
  ['an http: string', (url) => url.replace('ws:', 'http:')],
  ['an http: URL', (url) => new URL(url.replace('ws:', 'http:'))],
  ['something with toString()', (url) => ({ toString: () => url })],
  ['an upper-case URL', (url) => url.replace('ws:', 'WS:')]
]) {
  scenario(
    `3.1: the address may be ${name}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serve();
      const given = address(url);
      const ws = tools.client(given);

      trace.note('client', 'url at once', ws.url, ws.readyState);
      await tools.event(ws, 'open');
      trace.note('client', 'url when open', ws.url);
      trace.note('client', 'given address', String(given));
    }
  );
}

scenario('2.15: the URL is normalised', async (WebSocket, trace, tools) => {
  const { port } = await tools.serve();

  for (const url of [
    `ws://127.0.0.1:${port}/a/../b?q=1 2`,
    `ws://user:pass@127.0.0.1:${port}`,
    `ws://127.1:${port}/ä`,
    `ws://127.0.0.1:${port}/x#`
  ]) {
    const ws = tools.client(url);

    trace.note('client', 'url', ws.url);
    await tools.event(ws, 'open');
  }
});

for (const [name, values] of [
  ['3.2: a string', ['a']],
  ['3.2: an array', [['a', 'b']]],
  ['3.2: an empty array', [[]]],
  ['3.3: undefined, with options', [undefined, { protocols: ['a', 'b'] }]],
  ['3.3: the option protocols', [{ protocols: 'a' }]],
  ['3.3: the option protocols, an array', [{ protocols: ['a', 'b'] }]],
  ['3.3: the option protocols, overruled', ['c', { protocols: ['a', 'b'] }]],
  ['3.3: the option protocols, undefined', [{ protocols: undefined }]],
  ['3.2: odd but valid tokens', [["!#$%&'*+-.0^_`|~Az"]]]
]) {
  scenario(`${name} as subprotocols`, async (WebSocket, trace, tools) => {
    await noteRequest(trace, tools, (url) =>
      tools.client(url, ...withoutDeflate(values))
    );
  });
}

/**
 * @param {Array} values Arguments of the constructor behind the address
 * @return {Array} The same with `perMessageDeflate: false` in the options
 */
function withoutDeflate(values) {
  const last = values[values.length - 1];
  const off = { perMessageDeflate: false };

  return typeof last === 'object' && !Array.isArray(last)
    ? [...values.slice(0, -1), { ...last, ...off }]
    : [...values, off];
}

scenario('3.27, 3.25: protocolVersion 8', async (WebSocket, trace, tools) => {
  await noteRequest(trace, tools, (url) =>
    tools.client(url, {
      origin: 'http://example.com',
      perMessageDeflate: false,
      protocolVersion: 8
    })
  );
});

scenario('3.25: origin', async (WebSocket, trace, tools) => {
  await noteRequest(trace, tools, (url) =>
    tools.client(url, {
      origin: 'http://example.com',
      perMessageDeflate: false
    })
  );
});

scenario(
  '3.30: options that are always overwritten',
  async (WebSocket, trace, tools) => {
    await noteRequest(trace, tools, (url) =>
      tools.client(`${url}/real?query`, {
        host: 'other.invalid',
        hostname: 'other.invalid',
        method: 'POST',
        path: '/other',
        perMessageDeflate: false,
        port: 1,
        protocol: 'https:',
        socketPath: '/nonexistent',
        timeout: 1
      })
    );
  }
);

scenario(
  '3.32: the options object is not changed',
  async (WebSocket, trace, tools) => {
    const headers = { Foo: 'bar' };
    const options = {
      followRedirects: true,
      headers,
      perMessageDeflate: false
    };

    await noteRequest(trace, tools, (url) => tools.client(url, options));
    trace.note('options', 'afterwards', options, options.headers === headers);
  }
);

scenario('3.32: frozen options work', async (WebSocket, trace, tools) => {
  await noteRequest(trace, tools, (url) =>
    tools.client(
      url,
      Object.freeze(['a']),
      Object.freeze({
        headers: Object.freeze({ a: 'b' }),
        perMessageDeflate: false
      })
    )
  );
});

scenario(
  '3.32: options from a prototype do not count',
  async (WebSocket, trace, tools) => {
    await noteRequest(trace, tools, (url) =>
      tools.client(
        url,
        Object.assign(Object.create({ origin: 'http://inherited' }), {
          perMessageDeflate: false
        })
      )
    );
  }
);

scenario(
  '3.33, 4.5: state and properties right after the constructor',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serve();
    const ws = tools.client(url, 'chat');

    for (const key of [
      'readyState',
      'binaryType',
      'bufferedAmount',
      'extensions',
      'isPaused',
      'protocol',
      '_isServer',
      '_socket',
      '_receiver',
      '_sender',
      '_redirects',
      '_paused',
      '_protocol',
      '_readyState',
      '_binaryType',
      '_closeCode',
      '_closeMessage',
      '_closeFrameReceived',
      '_closeFrameSent',
      '_closeTimer',
      '_autoPong'
    ]) {
      trace.note('client', key, ws[key]);
    }

    trace.note('client', '_req', ws._req);
    ws.on('error', () => {});
  }
);

scenario(
  '3.12: a throwing constructor emits nothing',
  async (WebSocket, trace, tools) => {
    trace.call('client', 'bad header', () =>
      tools.client('ws://127.0.0.1:1', { headers: { 'bad name': 'x' } })
    );
    trace.call('client', 'bad path', () =>
      tools.client('ws://127.0.0.1:1', { headers: { name: 'a\nb' } })
    );
    trace.call('client', 'bad agent', () =>
      tools.client('ws://127.0.0.1:1', { agent: 7 })
    );
    await tools.turns(3);
  }
);

compare(__filename);
