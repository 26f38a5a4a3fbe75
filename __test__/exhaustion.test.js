'use strict';

const assert = require('assert');
const { spawn } = require('child_process');
const { once } = require('events');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');

const WebSocket = require('..');
const { OPCODES } = require('./support/frames');
const { tested } = require('./support/implementations');
const { Tools } = require('./support/tools');
const { Trace } = require('./support/trace');

const { BINARY } = OPCODES;

/** Descriptors the program may have. */
const LIMIT = 128;

const SHELL = `ulimit -n ${LIMIT} && exec "$0" "$1"`;

const skip = process.platform === 'win32' && 'there is no such limit';

for (const implementation of tested) {
  describe(
    `no descriptors are left, ${implementation.name}`,
    { skip, timeout: 60000 },
    () => {
      let tools;
      let program;
      let port;

      /** @return {Promise<Object>} The program's next answer */
      async function answer() {
        const [message] = await once(program, 'message');

        return message;
      }

      function ask(request) {
        const answered = answer();

        program.send(request);
        return answered;
      }

      beforeEach(async () => {
        tools = new Tools(WebSocket, new Trace());
        program = spawn(
          'sh',
          [
            '-c',
            SHELL,
            process.execPath,
            path.join(__dirname, 'support', 'exhausted-program.js')
          ],
          {
            env: {
              ...process.env,
              ...implementation.env,
              NODE_TEST_CONTEXT: '',
              OXWS_TEST_PATH: implementation.module
            },
            stdio: ['ignore', 'inherit', 'inherit', 'ipc']
          }
        );
        ({ port } = await answer());
      });

      afterEach(async () => {
        const ended = once(program, 'exit');

        assert.strictEqual(program.exitCode, null);
        program.disconnect();
        await ended;
        await tools.cleanUp();
      });

      /** Has some messages come back. */
      async function checkEcho(peer) {
        for (const length of [5, 3000, 200000]) {
          const payload = Buffer.alloc(length, length & 0xff);

          peer.send(BINARY, payload);

          const [frame] = await peer.frames(1);

          assert.ok(frame.payload.equals(payload));
        }
      }

      it('when a client connects (EMFILE of accept)', async () => {
        const peer = await tools.dialWebSocket(port);

        await checkEcho(peer);

        const { code } = await ask('exhaust');

        assert.strictEqual(code, 'EMFILE');

        for (let i = 0; i < 20; i++) {
          const refused = await tools.dial(port);

          await refused.until(() => refused.ended || refused.closed);
        }

        await checkEcho(peer);
        await ask('release');
        await checkEcho(await tools.dialWebSocket(port));
        await checkEcho(peer);
      });

      it('when a connection was accepted (EMFILE of adopt)', async () => {
        const first = await tools.dialWebSocket(port);

        await checkEcho(first);
        await ask('exhaustLater');

        const second = await tools.dialWebSocket(port);

        await checkEcho(second);
        await checkEcho(first);
        await ask('release');
        await checkEcho(second);
        await checkEcho(await tools.dialWebSocket(port));
      });

      it('when the very first connection was accepted', async () => {
        await ask('exhaustLater');

        const first = await tools.dialWebSocket(port);

        await checkEcho(first);
        await ask('release');
        await checkEcho(await tools.dialWebSocket(port));
        await checkEcho(first);
      });

      it('again and again, and all of them come back', async () => {
        await checkEcho(await tools.dialWebSocket(port));

        const before = await ask('report');

        for (let i = 0; i < 10; i++) {
          await ask('exhaustLater');

          const peer = await tools.dialWebSocket(port);

          await checkEcho(peer);
          await ask('release');
          peer.reset();
        }

        for (;;) {
          const { clients, descriptors } = await ask('report');

          if (clients === before.clients) {
            // Lanes that did not exist before have some of their own.
            assert.ok(descriptors <= before.descriptors + 16);
            break;
          }
        }
      });
    }
  );
}
