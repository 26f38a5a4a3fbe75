'use strict';

const assert = require('assert');

const { OPCODES, closePayload } = require('./frames');

/**
 * Sends bytes to a WebSocket that has to fail the connection because of them.
 *
 * @param {Tools} tools The tools
 * @param {{ws: WebSocket, peer: RawPeer}} ends The connection
 * @param {Object} expected
 * @param {String} expected.code The code of the error
 * @param {Number} expected.status The status code that the peer is told
 * @param {...Buffer} chunks The bytes
 * @return {Promise<Buffer[]>} What was delivered before
 */
async function rejects(tools, { ws, peer }, { code, status }, ...chunks) {
  const errors = [];
  const messages = [];
  const closed = tools.event(ws, 'close');

  ws.on('message', (data) => messages.push(data));
  ws.on('error', (error) => errors.push(error.code));
  peer.write(...chunks);

  const [frame] = await peer.frames(1);

  assert.strictEqual(frame.opcode, OPCODES.CLOSE);
  assert.deepStrictEqual(frame.payload, closePayload(status));
  assert.strictEqual((await closed)[0], 1006);
  assert.deepStrictEqual(errors, [code]);
  return messages;
}

module.exports = rejects;
