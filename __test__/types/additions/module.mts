// What the types of oxws know beyond @types/ws; see commonjs.cts.

import WebSocket, {
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocketServer,
  type Heartbeat,
  type SendOptions
} from 'oxws';

const heartbeat: Heartbeat = { interval: 30000 };
const options: SendOptions = { compress: false };

new WebSocket('ws://localhost', { heartbeat, protocols: 'chat' });
new WebSocketServer({ port: 0, heartbeat }).on('connection', (ws) =>
  ws.send('text', options)
);
console.log(extension.parse('a'), subprotocol.parse('b'));
console.log(new PerMessageDeflate().params);
console.log(new Receiver().writable, Sender.frame('', { opcode: 1 }).length);
