'use strict';

process.env.OXWS_TRANSPORT = 'stream';

require('./deflate-peers.test.js');
