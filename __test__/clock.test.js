'use strict';

const assert = require('assert');

const { onBothSides, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');
const { verify } = require('./support/verify');

const { PING, PONG } = OPCODES;

const YEAR = 365 * 24 * 60 * 60 * 1000;

/** Milliseconds. */
const INTERVAL = 30;
const TIMEOUT = 1000;

/**
 * Sets the clock of the process, as a correction of the system's clock would.
 *
 * @param {Tools} tools The tools
 * @return {Function} Gets the milliseconds by which the clock jumps
 */
function controlClock(tools) {
  const { now } = Date;
  let offset = 0;

  Date.now = () => now.call(Date) + offset;
  tools.atEnd(() => {
    Date.now = now;
  });
  return (jump) => {
    offset += jump;
  };
}

onBothSides(
  'heartbeats do not mind a clock that jumps',
  async (WebSocket, trace, tools, open) => {
    const jump = controlClock(tools);
    const { ws, peer } = await open({
      heartbeat: { interval: INTERVAL, timeout: TIMEOUT }
    });

    for (const by of [YEAR, -2 * YEAR, YEAR, 0]) {
      const [frame] = await peer.frames(1);

      jump(by);
      assert.strictEqual(frame.opcode, PING);
      peer.send(PONG);
      await tools.delay(INTERVAL / 2);
      assert.strictEqual(ws.readyState, WebSocket.OPEN);
    }
  }
);

for (const by of [YEAR, -YEAR]) {
  onBothSides(
    `the closing handshake takes as long as ever (${by > 0 ? 'forward' : 'back'})`,
    async (WebSocket, trace, tools, open) => {
      const jump = controlClock(tools);
      const { ws } = await open({ closeTimeout: 100 });
      const start = performance.now();

      ws.close(1000);
      jump(by);

      const [code] = await tools.event(ws, 'close');

      assert.strictEqual(code, 1006);
      assert.ok(performance.now() - start > 90);
    }
  );

  scenario(
    `the opening handshake may take as long as ever (${by > 0 ? 'forward' : 'back'})`,
    async (WebSocket, trace, tools) => {
      const jump = controlClock(tools);
      const { port } = await tools.serve({ handshakeTimeout: 100 });
      const start = performance.now();
      const peer = await tools.dial(port);

      jump(by);
      assert.match((await peer.head())[0], / 408 /);
      assert.ok(performance.now() - start > 90);
    }
  );
}

verify(__filename);
