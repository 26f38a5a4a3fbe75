'use strict';

const assert = require('assert');
const { fork } = require('child_process');
const { once } = require('events');
const net = require('net');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');

const WebSocket = require('..');
const { tested } = require('./support/implementations');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const CLIENTS = 16;

for (const implementation of tested) {
  describe(
    `several processes, ${implementation.name}`,
    { timeout: 60000 },
    () => {
      let tools;

      beforeEach(() => {
        tools = new Tools(WebSocket, new Trace());
      });

      afterEach(() => tools.cleanUp());

      /**
       * Starts support/sharing-program.js.
       *
       * @param {...String} values Its arguments
       * @return {ChildProcess} The process
       */
      function start(...values) {
        const child = fork(
          path.join(__dirname, 'support', 'sharing-program.js'),
          values,
          {
            env: {
              ...process.env,
              ...implementation.env,
              NODE_TEST_CONTEXT: '',
              OXWS_TEST_PATH: implementation.module
            }
          }
        );

        tools.atEnd(() => child.kill('SIGKILL'));
        return child;
      }

      /** @return {Promise<Number>} The process that answers, which is right */
      async function ask(ws, text) {
        const answered = tools.event(ws, 'message');

        ws.send(text);

        const [pid, ...rest] = String((await answered)[0]).split(' ');

        assert.strictEqual(rest.join(' '), text);
        return Number(pid);
      }

      async function connect(url) {
        const ws = tools.client(url);

        await tools.event(ws, 'open');
        return ws;
      }

      /** Has clients connect to a cluster, of which each knows its process. */
      async function connectCluster() {
        const primary = start();
        const [{ port }] = await once(primary, 'message');
        const url = `ws://127.0.0.1:${port}`;
        const clients = new Map();

        for (let i = 0; i < CLIENTS; i++) {
          const ws = await connect(url);

          clients.set(ws, await ask(ws, `client ${i}`));
        }

        return { primary, url, clients };
      }

      it('of a cluster share a port', async () => {
        const { clients } = await connectCluster();

        assert.strictEqual(new Set(clients.values()).size, 2);
        for (const [ws, pid] of clients) {
          assert.strictEqual(await ask(ws, 'again'), pid);
        }
      });

      it('of a cluster end one by one', async () => {
        const { primary, url, clients } = await connectCluster();
        const [victim] = clients.values();
        const closed = [];
        const survivors = [];

        for (const [ws, pid] of clients) {
          if (pid === victim) closed.push(tools.event(ws, 'close'));
          else survivors.push([ws, pid]);
        }

        primary.send({ pid: victim, method: 'kill', value: 'SIGKILL' });
        assert.deepStrictEqual((await once(primary, 'message'))[0], {
          gone: victim
        });
        for (const [code] of await Promise.all(closed)) {
          assert.strictEqual(code, 1006);
        }
        for (const [ws, pid] of survivors) {
          assert.strictEqual(await ask(ws, 'still there'), pid);
        }

        const [[, survivor]] = survivors;

        assert.strictEqual(await ask(await connect(url), 'new'), survivor);
      });

      it('of a cluster keep their connections when they leave it', async () => {
        const { primary, clients } = await connectCluster();
        const [[ws, pid]] = clients;

        primary.send({ pid, method: 'disconnect' });
        await tools.delay(50);
        assert.strictEqual(await ask(ws, 'still there'), pid);

        const gone = once(primary, 'message');

        for (const [client, served] of clients) {
          if (served === pid) client.close(1000);
        }
        assert.deepStrictEqual((await gone)[0], { gone: pid });
      });

      it('pass accepted sockets on', async () => {
        const child = start('receive');

        await once(child, 'message');

        const server = net.createServer({ pauseOnConnect: true }, (socket) => {
          child.send('socket', socket);
        });
        const port = await tools.listen(server);

        for (let i = 0; i < 4; i++) {
          const ws = await connect(`ws://127.0.0.1:${port}`);

          assert.strictEqual(await ask(ws, `client ${i}`), child.pid);
          ws.close(1000);
          assert.strictEqual((await tools.event(ws, 'close'))[0], 1000);
        }
      });
    }
  );
}
