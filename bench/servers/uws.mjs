/** uWebSockets.js, from the npm package that carries its binaries. */

import { createRequire } from 'node:module';
import { MAX_PAYLOAD, options, ready, work } from './shared.mjs';

const require = createRequire(import.meta.url);
const uWS = require('../peers/node_modules/@btc-vision/uwebsockets.js');
const {
  version
} = require('../peers/node_modules/@btc-vision/uwebsockets.js/package.json');

const TOPIC = 'all';
const compress = options.deflate !== undefined;

function compression() {
  if (!compress) return uWS.DISABLED;
  return options.deflate.takeover
    ? uWS.DEDICATED_COMPRESSOR_256KB | uWS.DEDICATED_DECOMPRESSOR_32KB
    : uWS.SHARED_COMPRESSOR | uWS.SHARED_DECOMPRESSOR;
}

function echo(ws, message, isBinary) {
  work();
  ws.send(message, isBinary, compress);
}

function broadcast(ws, message, isBinary) {
  app.publish(TOPIC, message, isBinary);
}

const app = options.tls
  ? uWS.SSLApp({
      cert_file_name: options.tls.certificate,
      key_file_name: options.tls.key
    })
  : uWS.App();

app
  .ws('/*', {
    compression: compression(),
    idleTimeout: 0,
    maxBackpressure: 16 * MAX_PAYLOAD,
    maxPayloadLength: MAX_PAYLOAD,
    open: (ws) => ws.subscribe(TOPIC),
    message: options.handler === 'echo' ? echo : broadcast
  })
  .listen('127.0.0.1', 0, (token) =>
    ready(uWS.us_socket_local_port(token), version)
  );
