'use strict';

const crypto = require('crypto');

const { compare, scenario } = require('./support/differential');

const OPTIONS = { perMessageDeflate: { threshold: 0 } };

/** Bytes that look random and are the same in every run. */
const INCOMPRESSIBLE = crypto
  .createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  .update(Buffer.alloc(100000));

for (const side of ['server', 'client']) {
  scenario(
    `10.12: send: what cannot be compressed becomes longer (${side})`,
    async (WebSocket, trace, tools) => {
      const pair = await tools.pair(OPTIONS, OPTIONS);
      const receiver = side === 'server' ? pair.client : pair.server;

      trace.watch('receiver', receiver);
      pair[side].send(INCOMPRESSIBLE);
      await tools.event(receiver, 'message');
    }
  );

  for (const compress of [true, false]) {
    scenario(
      `5.8: send: the first fragment decides on compression (${side}, ${compress})`,
      async (WebSocket, trace, tools) => {
        const pair = await tools.pair(OPTIONS, OPTIONS);
        const receiver = side === 'server' ? pair.client : pair.server;

        trace.watch('receiver', receiver);
        for (const last of ['last', INCOMPRESSIBLE]) {
          pair[side].send('first', { compress, fin: false, binary: true });
          pair[side].send(last, { compress: !compress, binary: true });
          await tools.event(receiver, 'message');
        }
      }
    );
  }
}

compare(__filename);
