'use strict';

// Tests of other programs put fake timers in the place of the real ones, and let
// no time pass, or not all of it.

const timers = require('timers');

const { compare, scenario } = require('./support/differential');

const NAMES = ['setImmediate', 'setInterval', 'setTimeout'];

/** Calls nothing, as if no time passed; the real ones are back at the end. */
function stopTime(tools) {
  for (const holder of [global, timers]) {
    for (const name of NAMES) {
      const real = holder[name];

      holder[name] = () => ({ hasRef: () => true, ref() {}, unref() {} });
      tools.atEnd(() => {
        holder[name] = real;
      });
    }
  }
}

const settings = { perMessageDeflate: { threshold: 0 } };

for (const [what, end] of Object.entries({
  'close()': (ws) => ws.close(1000, 'bye'),
  'terminate()': (ws) => ws.terminate()
})) {
  for (const options of [{}, settings]) {
    const title = options === settings ? ' with compression' : '';

    scenario(
      `6.17: a connection lives and ends by ${what} while no timer fires${title}`,
      async (WebSocket, trace, tools) => {
        const { wss, url } = await tools.serve(options);
        const connection = tools.event(wss, 'connection');
        const ws = tools.own(new WebSocket(url, options));
        const [server] = await connection;

        if (ws.readyState !== WebSocket.OPEN) await tools.event(ws, 'open');

        server.on('message', (data) => server.send(String(data)));
        stopTime(tools);
        for (const message of ['text', 'x'.repeat(100000)]) {
          const echoed = tools.event(ws, 'message');

          await new Promise((resolve) => ws.send(message, resolve));
          trace.note('echo', (await echoed)[0].length);
        }

        const closed = [ws, server].map((it) => tools.event(it, 'close'));

        end(ws);
        for (const [code] of await Promise.all(closed)) {
          trace.note('closed', code);
        }
      }
    );
  }
}

scenario(
  '6.17: what is sent goes out while no tick comes',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await tools.serve();
    const connection = tools.event(wss, 'connection');
    const ws = tools.own(new WebSocket(url));
    const [server] = await connection;

    if (ws.readyState !== WebSocket.OPEN) await tools.event(ws, 'open');

    const { process } = global;
    const echoed = [];

    // Node itself does not look here.
    global.process = Object.create(process, { nextTick: { value() {} } });
    tools.atEnd(() => {
      global.process = process;
    });
    server.on('message', (data) => server.send(data));
    ws.on('message', (data) => echoed.push(data.length));
    for (const length of [1, 1000, 100000]) {
      await new Promise((resolve) => ws.send('x'.repeat(length), resolve));
    }
    while (echoed.length < 3) await tools.turns(1);
    global.process = process;
    trace.note('ws', 'echoed', ...echoed);
  }
);

compare(__filename);
