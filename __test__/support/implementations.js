'use strict';

const path = require('path');

const root = process.env.OXWS_TEST_PATH || path.join(__dirname, '..', '..');

/** What every trace is compared with. */
const reference = { name: 'ws', module: 'ws', env: {} };

const stream = {
  name: 'stream',
  module: root,
  env: { OXWS_TRANSPORT: 'stream' }
};

/** What has to produce the same traces. There are no lanes on Windows. */
const tested =
  process.platform === 'win32'
    ? [stream]
    : [{ name: 'lane', module: root, env: {} }, stream];

module.exports = { reference, tested };
