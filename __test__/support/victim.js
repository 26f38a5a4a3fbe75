'use strict';

// A server that is attacked, in a process of its own whose memory and CPU time
// the test looks at. The argument is an object with `options` of the server and
// the name of what it does, its `task`.

const fs = require('fs');

const WebSocket = require(process.env.OXWS_TEST_PATH || '../..');

const settings = JSON.parse(process.argv[2]);
const counts = { open: 0, message: 0, ping: 0, pong: 0, error: 0, close: 0 };
const codes = {};
const kept = [];

/** What a victim does with a connection besides counting its events. */
const tasks = {
  echo: (ws) => {
    ws.on('message', (data, isBinary) => {
      if (isBinary) ws.send(data);
    });
  },

  /** Keeps one message of many, as a program with a cache does. */
  keep: (ws) => {
    ws.on('message', (data) => {
      if (counts.message % settings.keepOneOf === 0) kept.push(data);
    });
  },

  send: (ws) => {
    for (let i = 0; i < settings.messages; i++) {
      ws.send(Buffer.alloc(settings.length));
    }
  }
};

/** @return {Number} Bytes of memory reserved, whether used or not */
function reservedBytes() {
  try {
    const status = fs.readFileSync('/proc/self/status', 'latin1');

    return 1024 * status.match(/VmData:\s+(\d+) kB/)[1];
  } catch {
    return 0;
  }
}

/** What the test can ask for. */
const requests = {
  report() {
    for (let i = 0; i < 3; i++) global.gc();

    return {
      ...counts,
      codes,
      kept: kept.length,
      buffered: [...wss.clients].map((ws) => ws.bufferedAmount),
      reserved: reservedBytes(),
      rss: process.memoryUsage().rss,
      peak: process.resourceUsage().maxRSS * 1024
    };
  },

  terminate() {
    for (const ws of wss.clients) ws.terminate();
  }
};

const wss = new WebSocket.Server(
  { host: '127.0.0.1', port: 0, ...settings.options },
  () => process.send({ port: wss.address().port })
);

wss.on('connection', (ws) => {
  counts.open++;

  for (const event of ['message', 'ping', 'pong', 'close']) {
    ws.on(event, () => counts[event]++);
  }

  ws.on('error', ({ code }) => {
    counts.error++;
    codes[code] = (codes[code] || 0) + 1;
  });
  if (settings.task) tasks[settings.task](ws);
});

process.on('message', (request) => process.send(requests[request]() || {}));
process.on('disconnect', () => process.exit());
