// What the types of oxws know beyond @types/ws.

import { PassThrough } from 'stream';
import WebSocket = require('oxws');

const socket = new WebSocket('ws://localhost', {
  closeTimeout: 1000,
  heartbeat: { interval: 30000, timeout: 10000 },
  backpressurePolicy: 'event',
  maxBackpressure: 1024,
  maxPendingAutoPongs: 5,
  protocols: ['chat']
});
new WebSocket.Server({ port: 0, closeTimeout: 1, heartbeat: { interval: 1 } });
new WebSocket.Server({ port: 0, heartbeat: false, handshakeTimeout: 10000 });
socket.on('backpressure', (bytes) => console.log(bytes.toFixed()));
socket.on('drain', () => {});

// @ts-expect-error: no such policy
new WebSocket.Server({ port: 0, backpressurePolicy: 'wait' });

// @ts-expect-error: there is no timeout without an interval
new WebSocket.Server({ port: 0, heartbeat: { timeout: 1 } });

socket.binaryType = 'blob';
socket.close(1000, new Uint8Array(1));

const options: WebSocket.SendOptions = { binary: true };
socket.send('text', options);

const [offer] = WebSocket.extension.parse('a; b=1').a;
const value: string | true = offer.b[0];
console.log(WebSocket.extension.format({ a: [{ b: value }] }));
console.log(WebSocket.subprotocol.parse('chat').has('chat'));

const deflate = new WebSocket.PerMessageDeflate({ isServer: true });
deflate.accept([{ client_max_window_bits: [true] }]);
deflate.compress('data', true, (err, result) => console.log(err, result));
console.log(WebSocket.PerMessageDeflate.extensionName, deflate.offer());
deflate.cleanup();

const receiver = new WebSocket.Receiver({
  extensions: { 'permessage-deflate': deflate },
  isServer: true,
  maxPayload: 1024
});
receiver.on('message', (data: WebSocket.RawData) => console.log(data));
receiver.write(Buffer.alloc(2));

const sender = new WebSocket.Sender(new PassThrough(), {}, (key) =>
  key.fill(1)
);
sender.send('text', { fin: true, mask: true }, () => {});
sender.sendFrame(
  WebSocket.Sender.frame(Buffer.alloc(1), { fin: true, opcode: 2 })
);
