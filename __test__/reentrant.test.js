'use strict';

// A stream can bring the next bytes while a listener is called for the last ones.

const assert = require('assert');
const { Duplex } = require('stream');
const { it } = require('node:test');

const { WebSocket } = require('..');
const { OPCODES, encodeFrame } = require('./support/frames');

const turn = () => new Promise((resolve) => setImmediate(resolve));

function message(text) {
  return encodeFrame({
    opcode: OPCODES.TEXT,
    payload: Buffer.from(text),
    masked: true
  });
}

it('what a stream pushes in a listener that throws is not lost', async () => {
  const duplex = new Duplex({
    read() {},
    write(chunk, encoding, callback) {
      callback();
    }
  });
  const ws = new WebSocket(null, undefined, {});
  const received = [];

  ws.on('message', (data) => {
    received.push(String(data));

    if (received.length === 1) {
      duplex.push(message('two'));
      duplex.push(message('three'));
      throw new Error('The listener throws');
    }
  });
  ws.setSocket(duplex, Buffer.alloc(0), { allowSynchronousEvents: true });
  await turn();

  assert.throws(() => duplex.push(message('one')), /The listener throws/);
  await turn();
  await turn();
  assert.deepStrictEqual(received, ['one', 'two', 'three']);
  ws.terminate();
});
