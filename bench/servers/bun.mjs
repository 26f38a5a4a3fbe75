/** Bun's own server. Runs under Bun only. */

import { MAX_PAYLOAD, credentials, options, ready, work } from './shared.mjs';

const TOPIC = 'all';
const compress = options.deflate !== undefined;
const kind = options.deflate?.takeover ? 'dedicated' : 'shared';

const server = globalThis.Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  tls: options.tls && credentials(),
  fetch(request, server) {
    return server.upgrade(request)
      ? undefined
      : new Response('', { status: 400 });
  },
  websocket: {
    backpressureLimit: 16 * MAX_PAYLOAD,
    idleTimeout: 0,
    maxPayloadLength: MAX_PAYLOAD,
    perMessageDeflate: compress && { compress: kind, decompress: kind },
    open: (ws) => ws.subscribe(TOPIC),
    message:
      options.handler === 'echo'
        ? (ws, message) => {
            work();
            ws.send(message, compress);
          }
        : (ws, message) => server.publish(TOPIC, message)
  }
});

ready(server.port, globalThis.Bun.version);
