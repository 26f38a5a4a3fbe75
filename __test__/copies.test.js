'use strict';

// Several copies of the package in one thread: their native sides are the same
// addon, and must not mix them up.

const assert = require('assert');
const { EventEmitter } = require('events');
const { afterEach, describe, it } = require('node:test');

const { loadAgain, loadInContext } = require('./support/copies');
const { laneThreads } = require('./support/lane-threads');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const ways = {
  'the cache of require emptied': loadAgain,
  'a context with objects of its own': () => loadInContext(),
  "a context with this one's binary objects": () =>
    loadInContext({ ArrayBuffer, Uint8Array })
};

describe('copies of the package', { timeout: 60000 }, () => {
  let used = [];

  afterEach(async () => {
    for (const { tools } of used) await tools.cleanUp();
    used = [];
  });

  /**
   * Connects a client and an echoing server of one copy.
   *
   * @param {Function} WebSocket The class of the copy
   * @return {Promise<Object>} Both ends, the class and the tools
   */
  async function use(WebSocket) {
    const tools = new Tools(WebSocket, new Trace());
    const entry = { WebSocket, tools };

    used.push(entry);
    Object.assign(entry, await tools.pair());
    entry.server.on('message', (data, isBinary) => {
      entry.server.send(data, { binary: isBinary });
    });
    return entry;
  }

  /** Sends text and bytes, few and many, and checks what comes back. */
  async function checkEcho({ client, tools }, text) {
    for (const data of [text, Buffer.from(text), Buffer.alloc(200000, text)]) {
      client.send(data);

      const [echo, isBinary] = await tools.event(client, 'message');

      assert.ok(Buffer.from(data).equals(echo));
      assert.strictEqual(isBinary, typeof data !== 'string');
    }
  }

  async function closeAll(entries) {
    await Promise.all(
      entries.map(({ client, server, tools }) => {
        client.close();
        return Promise.all([
          tools.event(client, 'close'),
          tools.event(server, 'close')
        ]);
      })
    );
  }

  for (const [way, load] of Object.entries(ways)) {
    it(`do not know each other: ${way}`, async () => {
      const entries = [];

      for (let i = 0; i < 3; i++) entries.push(await use(load()));

      const classes = new Set(entries.map(({ WebSocket }) => WebSocket));

      assert.strictEqual(classes.size, 3);
      await Promise.all(entries.map((entry, i) => checkEcho(entry, `${i}`)));
      await closeAll(entries.slice(0, 2));
      await checkEcho(entries[2], 'last');
    });
  }

  it('ask what had taken the place of emit() before they were loaded', async (t) => {
    const { emit } = EventEmitter.prototype;
    const seen = [];

    t.after(() => {
      EventEmitter.prototype.emit = emit;
    });
    EventEmitter.prototype.emit = function replaced(event, ...args) {
      if (event === 'message') seen.push(this);
      return emit.call(this, event, ...args);
    };

    const entry = await use(loadAgain());

    await checkEcho(entry, 'seen');
    assert.ok(seen.includes(entry.server));
    assert.ok(seen.includes(entry.client));
    await closeAll([entry]);
  });

  it(
    'give their threads back, and get new ones',
    { skip: process.platform !== 'linux' },
    async () => {
      const before = laneThreads().length;
      const entries = [];

      for (let i = 0; i < 10; i++) {
        const entry = await use(loadAgain());

        entries.push(entry);
        await checkEcho(entry, `${i}`);
        await closeAll([entry]);
        assert.ok(laneThreads().length <= before + 4, `copy ${i}`);
      }

      const again = await use(entries[0].WebSocket);

      await checkEcho(again, 'again');
      await closeAll([again]);
    }
  );
});
