'use strict';

const { compare, scenario } = require('./support/differential');
const { header } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

const FIELD = 'sec-websocket-extensions';

/** What a client may offer. */
const OFFERS = [
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover',
  'permessage-deflate; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=8',
  'permessage-deflate; server_max_window_bits=12',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=8',
  'permessage-deflate; client_max_window_bits=12',
  'permessage-deflate; client_max_window_bits; server_max_window_bits=10; ' +
    'server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=9, permessage-deflate'
];

/** What a server may answer. */
const RESPONSES = [
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover',
  'permessage-deflate; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=9',
  'permessage-deflate; server_max_window_bits=12',
  'permessage-deflate; client_max_window_bits=9',
  'permessage-deflate; client_max_window_bits=12',
  'permessage-deflate; client_max_window_bits=15'
];

const NO_PARAMETERS = [
  'permessage-deflate; foo',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; client_max_window_bits=x'
];

/** Every value that ws tells apart, by the option and its statement. */
const SETTINGS = {
  '10.1: serverNoContextTakeover': [undefined, true, false],
  '10.2: clientNoContextTakeover': [undefined, true, false],
  '10.3: serverMaxWindowBits': [undefined, 8, 10, 15, true, false],
  '10.4: clientMaxWindowBits': [undefined, null, 8, 10, 15, true, false]
};

/**
 * Offers extensions to a server and notes what it answers.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Object} perMessageDeflate The server's option
 * @param {String[]} offers The offers, a connection each
 */
async function noteAnswers(trace, tools, perMessageDeflate, offers) {
  const { wss, port } = await tools.serve({ perMessageDeflate });

  wss.on('connection', (ws) => {
    trace.note('server', 'extensions', ws.extensions);
    ws.terminate();
  });

  for (const offer of offers) {
    const peer = await tools.dialWebSocket(port, {
      headers: { 'Sec-WebSocket-Extensions': offer }
    });
    const [status] = peer.response;

    trace.note('wire', offer, status, header(peer.response, FIELD));
    await peer.until(() => peer.ended);
    if (!status.includes('101')) trace.note('wire', 'body', peer.bytes);
    peer.socket.destroy();
  }
}

/**
 * Answers clients and notes what they offered and what becomes of them.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Object} perMessageDeflate The clients' option
 * @param {String[]} responses The answers, a connection each
 */
async function noteClients(trace, tools, perMessageDeflate, responses) {
  for (const response of responses) {
    const closed = defer();
    const { url } = await tools.serveRaw((peer) => {
      trace.note('wire', 'offer', header(peer.request, FIELD));
      peer.accept(
        { 'Sec-WebSocket-Extensions': response },
        peer.closeFrame(1000)
      );
    });
    const ws = tools.client(url, { perMessageDeflate });

    ws.on('open', () => trace.note('client', response, ws.extensions));
    ws.on('error', (error) => trace.note('client', response, error));
    ws.on('close', closed.resolve);
    await closed.promise;
  }
}

for (const [title, values] of Object.entries(SETTINGS)) {
  const [, option] = title.split(': ');

  for (const value of values) {
    scenario(
      `${title} ${value} of a server`,
      async (WebSocket, trace, tools) => {
        await noteAnswers(trace, tools, { [option]: value }, OFFERS);
      }
    );

    scenario(
      `${title} ${value} of a client`,
      async (WebSocket, trace, tools) => {
        await noteClients(trace, tools, { [option]: value }, RESPONSES);
      }
    );
  }
}

scenario(
  '10.8: the first acceptable offer is taken',
  async (WebSocket, trace, tools) => {
    const settings = { serverMaxWindowBits: 10, clientMaxWindowBits: 12 };

    await noteAnswers(trace, tools, settings, [
      'permessage-deflate; server_max_window_bits=9, ' +
        'permessage-deflate; client_max_window_bits=11, ' +
        'permessage-deflate; client_max_window_bits=13, ' +
        'permessage-deflate; client_max_window_bits',
      'permessage-deflate; server_max_window_bits=9, permessage-deflate'
    ]);
  }
);

scenario('10.9: extensions nobody knows', async (WebSocket, trace, tools) => {
  const unknown = ['foo', 'foo; a=1, permessage-deflate', 'x, y; z="q"'];

  await noteAnswers(trace, tools, {}, unknown);
  await noteClients(trace, tools, {}, unknown);
});

scenario(
  '10.10, 4.22, 9.17: parameters that are not acceptable',
  async (WebSocket, trace, tools) => {
    await noteAnswers(trace, tools, {}, NO_PARAMETERS);
    await noteClients(trace, tools, {}, NO_PARAMETERS);
  }
);

scenario(
  '10.11: client_max_window_bits without a value',
  async (WebSocket, trace, tools) => {
    const offer = ['permessage-deflate; client_max_window_bits'];

    for (const clientMaxWindowBits of [undefined, 9, 15]) {
      await noteAnswers(trace, tools, { clientMaxWindowBits }, offer);
    }
  }
);

scenario(
  '9.17, 4.21: extension headers with syntax errors',
  async (WebSocket, trace, tools) => {
    const malformed = [',', 'permessage-deflate;', 'a=b', 'a; b="c', 'a b'];

    await noteAnswers(trace, tools, {}, malformed);
    await noteClients(trace, tools, {}, malformed);
    await noteClients(trace, tools, false, ['permessage-deflate']);
  }
);

compare(__filename);
