'use strict';

const assert = require('assert');
const { fork } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { afterEach, beforeEach, describe, it } = require('node:test');
const { Worker } = require('worker_threads');

const { tested } = require('./support/implementations');
const { requestHead } = require('./support/raw-handshake');

/** How many connections are open; as many as the system lets a process have. */
const CONNECTIONS = Number(process.env.OXWS_TEST_CONNECTIONS) || 200;

const AT_ONCE = 50;

const PROGRAM = path.join(__dirname, 'support', 'crowd.js');

/** A text frame with a mask of zeros. */
const FRAME = Buffer.from('81850000000068656c6c6f', 'hex');

const DESCRIPTORS = ['/proc/self/fd', '/dev/fd'].find((directory) =>
  fs.existsSync(directory)
);

const countDescriptors = () => fs.readdirSync(DESCRIPTORS).length;

/** `once()` that is not rejected by an `'error'` that comes first. */
function whenOver(emitter, event) {
  return new Promise((resolve) => {
    emitter.once(event, (...values) => resolve(values));
  });
}

/**
 * Opens a connection.
 *
 * @param {Number} port The port
 * @return {Promise<net.Socket>} The client's end
 */
async function connect(port) {
  const socket = net.connect(port, '127.0.0.1');

  socket.on('error', () => {});
  socket.write(requestHead());
  await once(socket, 'data');
  return socket;
}

/** Opens connections, a few at a time, and keeps them busy. */
async function connectAll(port) {
  const sockets = [];

  while (sockets.length < CONNECTIONS) {
    const count = Math.min(AT_ONCE, CONNECTIONS - sockets.length);
    const some = Array.from({ length: count }, () => connect(port));

    sockets.push(...(await Promise.all(some)));
  }

  for (const socket of sockets) {
    socket.on('data', () => socket.write(FRAME));
    socket.write(FRAME);
  }

  return sockets;
}

/** Ways in which a thread may end, and what it then says. */
const THREAD_ENDS = {
  'terminate()': (worker) => worker.terminate(),
  'process.exit()': (worker) => worker.postMessage('exit'),
  'an exception': (worker) => worker.postMessage('throw')
};

/** The same of a process. */
const PROCESS_ENDS = {
  SIGKILL: (child) => child.kill('SIGKILL'),
  SIGTERM: (child) => child.kill('SIGTERM'),
  'process.exit()': (child) => child.send('exit'),
  'an exception': (child) => child.send('throw')
};

for (const implementation of tested) {
  describe(
    `the end with many connections, ${implementation.name}`,
    { timeout: 600000 },
    () => {
      let sockets;
      let end;

      beforeEach(() => {
        sockets = [];
      });

      afterEach(() => {
        for (const socket of sockets) socket.destroy();
        return end();
      });

      /** Lets every client see the end. */
      async function check(port, stop, exited) {
        sockets = await connectAll(port);

        const closed = sockets.map((socket) => whenOver(socket, 'close'));

        stop();
        await Promise.all(closed);
        return exited;
      }

      for (const [name, stop] of Object.entries(THREAD_ENDS)) {
        it(`of a thread by ${name}`, async () => {
          const worker = new Worker(PROGRAM, {
            env: {
              ...process.env,
              ...implementation.env,
              OXWS_TEST_PATH: implementation.module
            }
          });
          const errors = [];

          worker.on('error', (error) => errors.push(error.message));
          end = () => worker.terminate();

          const [{ port }] = await once(worker, 'message');
          const before = countDescriptors();
          const exited = whenOver(worker, 'exit');

          await check(port, () => stop(worker), exited);
          for (const socket of sockets) socket.destroy();
          while (countDescriptors() > before) {
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          assert.deepStrictEqual(
            errors,
            name === 'an exception' ? ['thrown with many connections'] : []
          );
        });
      }

      for (const [name, stop] of Object.entries(PROCESS_ENDS)) {
        it(`of a process by ${name}`, async () => {
          const child = fork(PROGRAM, {
            env: {
              ...process.env,
              ...implementation.env,
              NODE_TEST_CONTEXT: '',
              OXWS_TEST_PATH: implementation.module
            },
            silent: true
          });

          end = () => child.kill('SIGKILL');

          const [{ port }] = await once(child, 'message');
          const exited = once(child, 'exit');
          const [code, signal] = await check(port, () => stop(child), exited);

          assert.deepStrictEqual(
            [code, signal],
            {
              'process.exit()': [7, null],
              'an exception': [1, null]
            }[name] || [null, name]
          );
        });
      }
    }
  );
}
