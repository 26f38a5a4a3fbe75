'use strict';

const path = require('path');

const root = process.env.OXWS_TEST_PATH || path.join(__dirname, '..', '..');

/** What every trace is compared with. */
const reference = { name: 'ws', module: 'ws', env: {} };

/** What has to produce the same traces: both transports, on plain TCP too. */
const tested = [
  { name: 'lane', module: root, env: {} },
  { name: 'stream', module: root, env: { OXWS_TRANSPORT: 'stream' } }
];

module.exports = { reference, tested };
