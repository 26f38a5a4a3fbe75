'use strict';

// The same tests on the stream transport, which is chosen when it is loaded.
process.env.OXWS_TRANSPORT = 'stream';

require('./heartbeat.test.js');
