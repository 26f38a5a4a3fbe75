'use strict';

const assert = require('assert');
const { describe, it } = require('node:test');

const ws = require('ws');

const { PerMessageDeflate, extension } = require('..');

const NAME = PerMessageDeflate.extensionName;

/** Every way to set the four options. */
const OPTIONS = combine({
  serverNoContextTakeover: [undefined, true, false],
  clientNoContextTakeover: [undefined, true, false],
  serverMaxWindowBits: [undefined, 10, 15, true, false],
  clientMaxWindowBits: [undefined, null, 8, 12, true, false]
});

/** Parameters as they stand in a header, valid ones and others. */
const PARAMETERS = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits=8',
  'server_max_window_bits=10',
  'server_max_window_bits=15',
  'client_max_window_bits',
  'client_max_window_bits=8',
  'client_max_window_bits=12'
];

const INVALID = [
  'server_no_context_takeover; server_no_context_takeover',
  'client_max_window_bits=9; client_max_window_bits=9',
  'server_no_context_takeover=10',
  'client_no_context_takeover=true',
  'server_max_window_bits',
  'server_max_window_bits=0',
  'server_max_window_bits=7',
  'server_max_window_bits=16',
  'server_max_window_bits=1e9',
  'server_max_window_bits=abc',
  'server_max_window_bits=10.5',
  'client_max_window_bits=7',
  'client_max_window_bits=16',
  'foo',
  'foo=bar',
  'constructor',
  'toString=1',
  '__proto__=1'
];

/** Every combination of the values of an object's properties. */
function combine(lists) {
  let all = [{}];

  for (const [name, values] of Object.entries(lists)) {
    all = all.flatMap((one) =>
      values.map((value) => ({ ...one, [name]: value }))
    );
  }

  return all;
}

/** Headers with up to three of the valid parameters, and lists of offers. */
function* headers() {
  yield NAME;

  for (const a of PARAMETERS) {
    yield `${NAME}; ${a}`;
    yield `${NAME}; ${a}, ${NAME}`;

    for (const b of PARAMETERS) {
      if (a.split('=')[0] !== b.split('=')[0]) yield `${NAME}; ${a}; ${b}`;
    }
  }
}

/** What a negotiation comes to, as something that can be compared. */
function outcome(implementation, options, header) {
  const deflate = new implementation.PerMessageDeflate(options);
  const offers = implementation.extension.parse(header)[NAME];

  try {
    const params = deflate.accept(offers);

    assert.strictEqual(deflate.params, params);
    return implementation.extension.format({ [NAME]: [params] });
  } catch (err) {
    return `${err.constructor.name} ${err.message}`;
  }
}

function compareOutcomes(options, header) {
  assert.strictEqual(
    outcome({ PerMessageDeflate, extension }, options, header),
    outcome(ws, options, header),
    `${JSON.stringify(options)} ${header}`
  );
}

function call(deflate, method, data, fin) {
  return new Promise((resolve, reject) => {
    deflate[method](data, fin, (err, result) => {
      if (err) reject(err);
      else resolve(result);
    });
  });
}

function negotiated(options, header = NAME) {
  const deflate = new PerMessageDeflate(options);

  deflate.accept(extension.parse(header)[NAME]);
  return deflate;
}

describe('PerMessageDeflate', () => {
  it('has the extension name', () => {
    assert.strictEqual(NAME, 'permessage-deflate');
  });

  it('offers what ws offers', () => {
    for (const options of [undefined, {}, ...OPTIONS]) {
      assert.deepStrictEqual(
        new PerMessageDeflate(options).offer(),
        new ws.PerMessageDeflate(options).offer()
      );
    }
  });

  for (const isServer of [true, false]) {
    const side = isServer ? 'offers' : 'responses';

    it(`accepts the ${side} that ws accepts, and refuses in its words`, () => {
      for (const header of headers()) {
        for (const options of OPTIONS) {
          compareOutcomes({ ...options, isServer }, header);
        }
      }
    });

    it(`refuses malformed ${side} as ws does`, () => {
      for (const parameters of INVALID) {
        compareOutcomes({ isServer }, `${NAME}; ${parameters}`);
      }
    });

    it(`refuses window bits in other notations in ${side}`, () => {
      for (const bits of ['08', '015', '1e1', '0xa', '+9']) {
        const header = `${NAME}; server_max_window_bits=${bits}`;

        assert.throws(
          () => negotiated({ isServer }, header),
          new TypeError(
            `Invalid value for parameter "server_max_window_bits": ${bits}`
          )
        );
      }
    });
  }

  it('exchanges messages with ws', async () => {
    const data = Buffer.from('{"id":1,"name":"first"},'.repeat(100));

    for (const header of headers()) {
      const server = negotiated({ isServer: true }, header);
      const client = new ws.PerMessageDeflate();

      client.accept([
        extension.parse(extension.format({ [NAME]: [server.params] }))[NAME][0]
      ]);

      for (let round = 0; round < 2; round++) {
        const up = await call(client, 'compress', data, true);
        const down = await call(server, 'compress', data, true);

        assert.ok(data.equals(await call(server, 'decompress', up, true)));
        assert.ok(data.equals(await call(client, 'decompress', down, true)));
      }

      client.cleanup();
    }
  });

  it('works on fragments', async () => {
    const deflate = negotiated({ isServer: true });
    const first = await call(deflate, 'compress', 'first ', false);
    const second = await call(deflate, 'compress', 'second', true);
    const parts = [
      await call(deflate, 'decompress', first, false),
      await call(deflate, 'decompress', second, true)
    ];

    assert.strictEqual(parts.join('|'), 'first |second');
  });

  it('calls back later and in order', async () => {
    const deflate = negotiated();
    const called = [];
    const done = Promise.all(
      ['a', 'b', 'c'].map((text) =>
        call(deflate, 'compress', text, true).then(() => called.push(text))
      )
    );

    assert.deepStrictEqual(called, []);
    await done;
    assert.deepStrictEqual(called, ['a', 'b', 'c']);
  });

  it('reports invalid data as zlib does, and goes on', async () => {
    const deflate = negotiated();

    await assert.rejects(
      call(deflate, 'decompress', Buffer.from('something invalid'), true),
      { code: 'Z_DATA_ERROR', errno: -3 }
    );

    const data = await call(deflate, 'compress', 'text', true);

    assert.strictEqual(
      String(await call(deflate, 'decompress', data, true)),
      'text'
    );
  });

  it('stops at maxPayload', async () => {
    const deflate = negotiated({ maxPayload: 25 });
    const compress = (length) =>
      call(deflate, 'compress', Buffer.alloc(length, 'a'), true);

    await call(deflate, 'decompress', await compress(25), true);
    await assert.rejects(
      call(deflate, 'decompress', await compress(1e6), true),
      new RangeError('Max payload size exceeded')
    );
  });

  it('fails what is under way when it is cleaned up', async () => {
    const deflate = negotiated();
    const results = [
      call(deflate, 'compress', 'text', true),
      call(deflate, 'decompress', Buffer.from([0]), true)
    ];

    deflate.cleanup();

    await assert.rejects(
      results[0],
      new Error('The deflate stream was closed while data was being processed')
    );
    await assert.rejects(
      results[1],
      new Error('The inflate stream was closed while data was being processed')
    );
  });

  it('honours level, memLevel and strategy', async () => {
    const text = JSON.stringify(
      Array.from({ length: 500 }, (_, i) => ({ id: i * 7919, name: i % 7 }))
    );
    const size = async (zlibDeflateOptions) =>
      (await call(negotiated({ zlibDeflateOptions }), 'compress', text, true))
        .length;

    assert.ok((await size({ level: 0 })) > text.length);
    assert.ok((await size({ level: 9 })) < (await size({ level: 1 })));
    assert.ok((await size({ strategy: 2 })) > 2 * (await size({ level: -1 })));
    assert.notStrictEqual(
      await size({ memLevel: 1 }),
      await size({ memLevel: 9 })
    );
    assert.strictEqual(await size({}), await size({ level: 6, memLevel: 8 }));
  });

  it('honours a preset dictionary', async () => {
    const dictionary = Buffer.from('{"type":"subscribe","channel":"ticker"}');
    const options = {
      zlibDeflateOptions: { dictionary },
      zlibInflateOptions: { dictionary }
    };
    const client = negotiated(options);
    const server = new ws.PerMessageDeflate({ ...options, isServer: true });

    server.accept([{}]);

    const up = await call(client, 'compress', dictionary, true);
    const down = await call(server, 'compress', dictionary, true);

    assert.ok(up.length < 10);
    assert.ok(dictionary.equals(await call(server, 'decompress', up, true)));
    assert.ok(dictionary.equals(await call(client, 'decompress', down, true)));
    server.cleanup();
  });

  it('refuses options that zlib would refuse', async () => {
    for (const [name, value, code] of [
      ['level', 10, 'ERR_OUT_OF_RANGE'],
      ['level', -2, 'ERR_OUT_OF_RANGE'],
      ['level', '6', 'ERR_INVALID_ARG_TYPE'],
      ['memLevel', 0, 'ERR_OUT_OF_RANGE'],
      ['memLevel', Infinity, 'ERR_OUT_OF_RANGE'],
      ['strategy', 5, 'ERR_OUT_OF_RANGE']
    ]) {
      const deflate = negotiated({ zlibDeflateOptions: { [name]: value } });

      await assert.rejects(call(deflate, 'compress', 'text', true), { code });
    }
  });
});
