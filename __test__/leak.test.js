'use strict';

const assert = require('assert');
const fs = require('fs');
const { after, before, describe, it } = require('node:test');

const WebSocket = require('..');
const { OPCODES } = require('./support/frames');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const CONNECTIONS = 500;
const AT_ONCE = 50;

/** Milliseconds within which everything has to be given back. */
const PATIENCE = 5000;

const DIRECTORY = ['/proc/self/fd', '/dev/fd'].find((path) =>
  fs.existsSync(path)
);

/** @return {Number} The number of open descriptors */
function countDescriptors() {
  return fs.readdirSync(DIRECTORY).length;
}

describe('descriptors', { skip: !DIRECTORY, timeout: 60000 }, () => {
  let tools;
  let wss;
  let port;
  let url;
  let baseline;

  /** Waits until no more descriptors are open than before. */
  async function settle() {
    const end = Date.now() + PATIENCE;

    while (
      (countDescriptors() > baseline || wss.clients.size > 0) &&
      Date.now() < end
    ) {
      await tools.delay(10);
    }

    assert.strictEqual(countDescriptors(), baseline);
    assert.strictEqual(wss.clients.size, 0);
  }

  /**
   * Has connections made, a few at a time.
   *
   * @param {Function} connect Makes one and takes it down
   */
  async function repeat(connect) {
    for (let i = 0; i < CONNECTIONS; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, connect));
    }

    await settle();
  }

  /** @return {Promise<WebSocket>} An open client */
  async function openClient() {
    const ws = new WebSocket(url);

    await tools.event(ws, 'open');
    return ws;
  }

  before(async () => {
    tools = new Tools(WebSocket, new Trace());
    ({ wss, port, url } = await tools.serve({ closeTimeout: 1000 }));
    wss.on('connection', (ws) => {
      ws.on('error', () => {});
      ws.on('message', (data) => ws.send(data));
    });

    // The first connection opens what is shared by all.
    const ws = await openClient();

    ws.terminate();
    await tools.event(ws, 'close');
    await tools.delay(50);
    baseline = countDescriptors();
  });

  after(() => tools.cleanUp());

  it('are given back after close()', async () => {
    await repeat(async () => {
      const ws = await openClient();

      ws.send('hello');
      await tools.event(ws, 'message');
      ws.close(1000);
      await tools.event(ws, 'close');
    });
  });

  it('are given back after terminate()', async () => {
    await repeat(async () => {
      const ws = await openClient();

      ws.send(Buffer.alloc(100000));
      ws.terminate();
      await tools.event(ws, 'close');
    });
  });

  it('are given back when the peer resets', async () => {
    await repeat(async () => {
      const peer = await tools.dialWebSocket(port);

      peer.send(OPCODES.TEXT, 'hello');
      peer.reset();
      await peer.whenClosed();
    });
  });

  it('are given back after a protocol error', async () => {
    await repeat(async () => {
      const peer = await tools.dialWebSocket(port);

      peer.send(3, 'bad');
      await peer.whenClosed();
    });
  });

  it('are given back after a FIN', async () => {
    await repeat(async () => {
      const peer = await tools.dialWebSocket(port);

      peer.socket.end();
      await peer.whenClosed();
    });
  });

  it('are given back when handshakes fail', async () => {
    await repeat(async () => {
      const peer = await tools.dialWebSocket(port, {
        headers: { 'Sec-WebSocket-Key': 'bad' }
      });

      await peer.whenClosed();
    });
  });

  it('are given back when clients are refused', async () => {
    const { url: refusing } = await tools.serve({ verifyClient: () => false });

    // One more server that listens.
    baseline++;
    await repeat(async () => {
      const ws = new WebSocket(refusing);

      ws.on('error', () => {});
      await tools.event(ws, 'close');
    });
  });
});
