'use strict';

const assert = require('assert');
const { spawn } = require('child_process');
const { once } = require('events');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');

const WebSocket = require('..');
const { OPCODES } = require('./support/frames');
const { Tools, within } = require('./support/tools');
const { Trace } = require('./support/trace');

/** Milliseconds a program may take. */
const PATIENCE = 10000;

describe('the end of a process', { timeout: 60000 }, () => {
  let tools;

  beforeEach(() => {
    tools = new Tools(WebSocket, new Trace());
  });

  afterEach(() => tools.cleanUp());

  /**
   * Starts a program of support/ending-program.js.
   *
   * @param {String} name Its name
   * @param {String} [url] The URL it gets
   * @return {{child: ChildProcess, ended: Promise<Object>}} The process, and a
   *     promise of its `code`, `signal` and `output`
   */
  function start(name, url) {
    const child = spawn(process.execPath, [
      path.join(__dirname, 'support', 'ending-program.js'),
      name,
      ...(url ? [url] : [])
    ]);
    let output = '';

    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }

    tools.atEnd(() => child.kill('SIGKILL'));
    return {
      child,
      ended: within(PATIENCE, once(child, 'close')).then(([code, signal]) => ({
        code,
        signal,
        output
      }))
    };
  }

  /**
   * Starts a server that notes what one client does.
   *
   * @return {Promise<{url: String, connection: Promise<WebSocket>, messages:
   *     String[], closed: Promise<Array>}>}
   */
  async function serve() {
    const { wss, url } = await tools.serve();
    const messages = [];
    const connection = tools.event(wss, 'connection').then(([ws]) => ws);
    const closed = connection.then((ws) => tools.event(ws, 'close'));

    wss.on('connection', (ws) => {
      ws.on('message', (data) => messages.push(String(data)));
    });
    return { url, connection, messages, closed };
  }

  for (const name of [
    'exits in a listener of message',
    'exits in a listener of close',
    'exits in a listener of connection',
    'exits in a callback of send',
    'exits while much is on its way'
  ]) {
    it(`of a program that ${name}`, async () => {
      const { code, signal, output } = await start(name).ended;

      assert.deepStrictEqual(
        { code, signal, output },
        { code: 7, signal: null, output: '' }
      );
    });
  }

  it('by an exception of a listener', async () => {
    const { code, signal, output } = await start('throws in a listener').ended;

    assert.deepStrictEqual({ code, signal }, { code: 1, signal: null });
    assert.match(
      output,
      /RangeError: thrown by a listener\n\s+at WebSocket\.onMessage/
    );
  });

  it("by an 'error' nobody listens to", async () => {
    const { code, signal, output } = await start(
      'has an error nobody listens to'
    ).ended;

    assert.deepStrictEqual({ code, signal }, { code: 1, signal: null });
    assert.match(output, /Invalid WebSocket frame: invalid opcode 3/);
    assert.match(output, /WS_ERR_INVALID_OPCODE/);
  });

  it('does not lose what was sent before', async () => {
    const { url, messages, closed } = await serve();
    const { ended } = start('sends and exits', url);
    const [code] = await closed;

    assert.strictEqual((await ended).code, 7);
    assert.strictEqual(code, 1006);
    assert.deepStrictEqual(messages, ['last words', 'and more']);
  });

  it('does not lose what lanes were to write', async () => {
    const { url, connection, messages, closed } = await serve();
    const { ended } = start('exits behind slow answers', url);
    const sent = Array.from({ length: 400 }, (_, i) => `message ${i}`);

    for (const message of sent) (await connection).send(message);
    await closed;
    assert.strictEqual((await ended).code, 7);
    assert.deepStrictEqual(messages, sent.slice(0, 300));
  });

  for (const name of ['closes everything', 'terminates everything']) {
    it(`comes by itself if a program ${name}`, async () => {
      const { code, signal, output } = await start(name).ended;

      assert.deepStrictEqual(
        { code, signal, output },
        { code: 0, signal: null, output: '' }
      );
    });
  }

  it('is not held up by sockets without a reference', async () => {
    const { url, closed } = await serve();
    const { code, signal, output } = await start('unrefs its sockets', url)
      .ended;

    // A timer is pending when the socket loses its reference for the first time.
    assert.deepStrictEqual(
      { code, signal, output },
      { code: 0, signal: null, output: 'still here\n' }
    );
    await closed;
  });

  it('is not held up by heartbeats', async () => {
    const { url } = await serve();
    const { code } = await start('has a heartbeat and closes', url).ended;

    assert.strictEqual(code, 0);
  });

  it('does not come while a connection is open', async () => {
    const { url, connection, closed } = await serve();
    const { child, ended } = start('stays connected', url);
    const ws = await connection;

    await tools.event(ws, 'message');
    await tools.delay(200);
    assert.strictEqual(child.exitCode, null);
    ws.close(1000);
    await closed;
    assert.deepStrictEqual(await ended, {
      code: 0,
      signal: null,
      output: 'closed\n'
    });
  });

  for (const signal of ['SIGKILL', 'SIGTERM']) {
    it(`by ${signal} closes its connections`, async () => {
      const { url, connection, closed } = await serve();
      const { child, ended } = start('stays connected', url);
      const ws = await connection;

      await tools.event(ws, 'message');

      // Busy in both directions.
      ws.on('message', (data) => ws.send(data));
      for (let i = 0; i < 100; i++) ws.send(Buffer.alloc(1000));
      await tools.event(ws, 'message');
      child.kill(signal);
      assert.strictEqual((await ended).signal, signal);
      assert.strictEqual((await closed)[0], 1006);
    });
  }

  it('is not brought about by resets', async () => {
    const { wss, port } = await tools.serve();
    const codes = [];

    wss.on('connection', (ws) => {
      ws.on('message', () => ws.send(Buffer.alloc(100000)));
      ws.on('close', (code) => codes.push(code));
    });

    for (let i = 0; i < 100; i++) {
      const peer = await tools.dialWebSocket(port);

      peer.send(OPCODES.TEXT, 'x');
      if (i % 2) await peer.until(() => peer.bytes.length > 0);
      peer.reset();
    }

    while (codes.length < 100) await tools.turns(1);
    assert.deepStrictEqual(new Set(codes), new Set([1006]));
  });
});
