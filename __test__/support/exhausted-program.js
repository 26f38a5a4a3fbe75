'use strict';

// An echo server that can be left without descriptors. See exhaustion.test.js.

const fs = require('fs');

const WebSocket = require(process.env.OXWS_TEST_PATH);

const held = [];
const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
  process.send({ port: wss.address().port });
});

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

/** What the test can ask for. */
const requests = {
  /** Takes all descriptors there are. */
  exhaust() {
    try {
      for (;;) held.push(fs.openSync('/dev/null'));
    } catch (error) {
      return { held: held.length, code: error.code };
    }
  },

  /** Takes them when the next connection was accepted. */
  exhaustLater() {
    wss.once('headers', requests.exhaust);
    return {};
  },

  release() {
    for (const fd of held.splice(0)) fs.closeSync(fd);
    return {};
  },

  report() {
    return {
      clients: wss.clients.size,
      descriptors: fs.readdirSync('/dev/fd').length
    };
  }
};

process.on('message', (request) => process.send(requests[request]()));
process.on('disconnect', () => process.exit());
