'use strict';

const assert = require('assert');
const { createHash, randomBytes, randomInt } = require('crypto');

const { onBothSides, scenario } = require('./support/differential');
const { OPCODES, closePayload } = require('./support/frames');
const { requestHead } = require('./support/raw-handshake');
const { verify } = require('./support/verify');

const { BINARY, CLOSE, CONTINUATION, PING, TEXT } = OPCODES;

/** How many connections are broken at the same time. */
const AT_ONCE = 25;

/** How the other end of a connection may fail. */
const FAILURES = {
  RST: (peer) => peer.reset(),
  FIN: (peer) => peer.socket.end(),
  silence: () => {}
};

/**
 * Runs something for each of some numbers, a few at a time.
 *
 * @param {Number} count From 0 to this, which is included
 * @param {Function} run Gets a number
 */
async function forEach(count, run) {
  let next = 0;

  const work = async () => {
    while (next <= count) await run(next++);
  };

  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/**
 * Makes a conversation in which everything occurs.
 *
 * @param {RawPeer} peer The one who speaks
 * @return {Object[]} The `bytes` of each frame and the `event` they lead to
 */
function conversation(peer) {
  return [
    { bytes: peer.frame(TEXT, 'hello'), event: 'message hello' },
    {
      bytes: peer.frame(BINARY, Buffer.alloc(130, 'b')),
      event: 'message long'
    },
    { bytes: peer.frame(TEXT, 'one ', { fin: false }) },
    { bytes: peer.frame(PING, 'p'), event: 'ping p' },
    { bytes: peer.frame(CONTINUATION, '€'), event: 'message one €' },
    { bytes: peer.closeFrame(1000, 'bye'), event: 'close frame' }
  ];
}

function bytesOf(frames) {
  return Buffer.concat(frames.map(({ bytes }) => bytes));
}

/**
 * Notes what a WebSocket tells of a conversation.
 *
 * @param {WebSocket} ws The WebSocket, which also answers
 * @return {String[]} The events
 */
function record(ws) {
  const events = [];

  ws.on('message', (data) => {
    events.push(`message ${data.length > 100 ? 'long' : data}`);
    ws.send(data, () => {});
  });
  ws.on('ping', (data) => events.push(`ping ${data}`));
  ws.on('error', (error) => events.push(`error ${error.message}`));
  return events;
}

for (const [failure, fail] of Object.entries(FAILURES)) {
  onBothSides(
    `${failure} after every byte of a conversation`,
    async (WebSocket, trace, tools, open) => {
      const first = await open();
      const total = bytesOf(conversation(first.peer)).length;

      first.ws.terminate();
      await forEach(total, async (sent) => {
        const { ws, peer } = await open();
        const frames = conversation(peer);
        const bytes = bytesOf(frames);
        const events = record(ws);
        const closed = tools.event(ws, 'close');
        const expected = [];
        let end = 0;

        for (const frame of frames) {
          end += frame.bytes.length;
          if (frame.event && end <= sent) expected.push(frame.event);
        }

        peer.write(bytes.subarray(0, sent));
        await tools.delay(1);
        fail(peer);

        if (failure === 'silence') {
          await tools.delay(20);
          assert.strictEqual(ws.readyState === 1, sent < bytes.length);
          peer.write(bytes.subarray(sent));
        }

        const [code] = await closed;

        if (failure === 'silence' || expected.includes('close frame')) {
          assert.strictEqual(code, failure === 'RST' ? code : 1000);
        } else {
          assert.strictEqual(code, 1006);
        }

        const told = frames.map(({ event }) => event);
        const all = failure === 'silence' ? told.filter(Boolean) : expected;
        const messages = all.filter((event) => event !== 'close frame');

        // A reset may be faster than what was sent before it.
        if (failure === 'RST') messages.length = events.length;
        assert.deepStrictEqual(events, messages, `after ${sent} bytes`);
      });
    }
  );
}

for (const failure of ['RST', 'FIN']) {
  scenario(
    `${failure} after every byte of a request`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await tools.serve();
      const request = Buffer.from(requestHead());
      let connections = 0;

      wss.on('connection', () => connections++);
      await forEach(request.length - 1, async (sent) => {
        const peer = await tools.dial(port);

        peer.write(request.subarray(0, sent));
        await tools.delay(1);
        FAILURES[failure](peer);
        await peer.whenClosed();
      });
      assert.strictEqual(connections, 0);
      await tools.dialWebSocket(port);
      assert.strictEqual(wss.clients.size, 1);
    }
  );
}

for (const [failure, fail] of Object.entries(FAILURES)) {
  scenario(
    `${failure} after every byte of a response`,
    async (WebSocket, trace, tools) => {
      let sent = 0;
      let length = Infinity;
      const { url } = await tools.serveRaw((peer) => {
        const { write } = peer;

        peer.write = (head) => {
          length = head.length;
          write.call(peer, head.subarray(0, sent));
          setTimeout(fail, 1, peer);
        };
        peer.accept();
      });

      for (sent = 0; sent < length; sent++) {
        const ws = tools.client(url, { handshakeTimeout: 10 });
        const events = [];

        for (const event of ['open', 'error', 'close']) {
          ws.on(event, () => events.push(event));
        }

        const [code] = await tools.event(ws, 'close');

        assert.strictEqual(code, 1006);
        assert.deepStrictEqual(
          events,
          ['error', 'close'],
          `after ${sent} bytes`
        );
      }
    }
  );
}

onBothSides(
  'a peer that never reads: each callback is called once, in order',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open();
    const results = [];
    const count = 64;

    peer.socket.pause();
    for (let i = 0; i < count; i++) {
      ws.send(Buffer.alloc(1 << 20), (error) => results.push([i, error]));
    }
    ws.close();
    await tools.delay(50);

    const written = results.length;

    assert.ok(written < count);
    ws.terminate();
    await tools.event(ws, 'close');
    await tools.turns(2);
    assert.deepStrictEqual(
      results.map(([i]) => i),
      Array.from({ length: count }, (_, i) => i)
    );

    // What was being written has an outcome that nobody knows.
    for (const [i, error] of results) {
      if (i < written) assert.ok(!error, `send ${i}`);
      if (i === count - 1) assert.ok(error instanceof Error);
    }
  }
);

onBothSides(
  'a peer that does not answer a close frame',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 100 });

    ws.close(1000, 'bye');

    const [frame] = await peer.frames(1);

    assert.strictEqual(frame.opcode, CLOSE);
    assert.deepStrictEqual(frame.payload, closePayload(1000, 'bye'));

    const [code] = await tools.event(ws, 'close');

    assert.strictEqual(code, 1006);
    await peer.until(() => peer.ended || peer.closed);
  }
);

onBothSides(
  'a peer that answers a close frame and leaves the connection open',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 100 });

    peer.holdsOpen = true;
    ws.close(1000);
    await peer.frames(1);
    peer.write(peer.closeFrame(1000));

    const [code] = await tools.event(ws, 'close');

    assert.strictEqual(code, 1000);
  }
);

onBothSides(
  'a peer that ends its side and leaves the other open',
  async (WebSocket, trace, tools, open) => {
    const { ws, peer } = await open({ closeTimeout: 100 });

    peer.holdsOpen = true;
    peer.socket.end();

    const [code] = await tools.event(ws, 'close');

    assert.strictEqual(code, 1006);
    await peer.until(() => peer.ended);
  }
);

/** What one end sends and the other gets, in as few bytes as possible. */
class Account {
  constructor() {
    this.count = 0;
    this.hash = createHash('sha256');
  }

  add(data) {
    this.count++;
    this.hash.update(`${data.length}:`).update(data);
  }

  toString() {
    return `${this.count} messages, ${this.hash.copy().digest('hex')}`;
  }
}

const RANDOM = randomBytes(1 << 20);

/** Most are small; some do not fit into any buffer. */
function randomMessage() {
  const length = randomInt(randomInt(10) ? 3000 : 300000);
  const start = randomInt(RANDOM.length - length);

  return RANDOM.subarray(start, start + length);
}

for (const [name, options] of [
  ['', { perMessageDeflate: false }],
  [', compressed', { perMessageDeflate: { threshold: 0 } }]
]) {
  for (const waits of [true, false]) {
    scenario(
      `what was acknowledged has arrived${name}${waits ? '' : ', close() at once'}`,
      async (WebSocket, trace, tools) => {
        const { wss, url } = await tools.serve(options);
        const arrived = new Map();
        const sent = new Map();

        wss.on('connection', (ws, req) => {
          const account = new Account();

          arrived.set(req.url, account);
          ws.on('message', (data) => account.add(data));
        });

        const run = async (path) => {
          const ws = tools.client(`${url}${path}`, options);
          const account = new Account();
          const acknowledged = [];

          sent.set(path, account);
          await tools.event(ws, 'open');

          for (let i = 0; i < 100; i++) {
            const data = randomMessage();

            account.add(data);
            acknowledged.push(
              new Promise((resolve, reject) => {
                ws.send(data, (error) => (error ? reject(error) : resolve()));
              })
            );
            if (i % 10 === 0) await tools.turns(1);
          }

          if (waits) await Promise.all(acknowledged);
          ws.close(1000);

          const [code] = await tools.event(ws, 'close');

          assert.strictEqual(code, 1000);
          await Promise.all(acknowledged);
        };

        await Promise.all(Array.from({ length: 10 }, (_, i) => run(`/${i}`)));
        for (const [path, account] of sent) {
          assert.strictEqual(String(arrived.get(path)), String(account));
        }
      }
    );
  }
}

verify(__filename);
