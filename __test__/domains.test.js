'use strict';

const domain = require('domain');

const { compare, scenario } = require('./support/differential');
const { OPCODES } = require('./support/frames');

scenario(
  "6.15: an 'error' without a listener reaches the domain of its WebSocket",
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const own = domain.create();

    wss.on('connection', (ws) => {
      ws.on('error', () => {});
      ws._socket.write(Buffer.from([0x80 | OPCODES.TEXT, 1, 0xff]));
    });

    const failed = tools.event(own, 'error');

    own.run(() => tools.own(new WebSocket(url, { perMessageDeflate: false })));

    const [err] = await failed;
    trace.note('domain', err.message, err.code, err.domainThrown);
  }
);

scenario(
  '6.15: what a listener throws reaches the domain of its WebSocket',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const own = domain.create();
    const failed = tools.event(own, 'error');

    wss.on('connection', (ws) => ws.send('text'));
    own.run(() => {
      const ws = tools.own(new WebSocket(url, { perMessageDeflate: false }));

      ws.on('message', () => {
        throw new Error('thrown by a listener');
      });
    });

    const [err] = await failed;
    trace.note('domain', err.message, err.domainThrown);
  }
);

scenario(
  '6.15: a WebSocket that was added to a domain emits its messages there',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const own = domain.create();
    const failed = tools.event(own, 'error');

    wss.on('connection', (ws) => {
      own.add(ws);
      ws.on('message', () => {
        trace.note('domain', process.domain === own);
        throw new Error('thrown by a listener');
      });
    });
    tools.client(url, { perMessageDeflate: false }).on('open', function open() {
      this.send('text');
    });

    const [err] = await failed;
    trace.note('domain', err.message, err.domainThrown);
  }
);

compare(__filename);
