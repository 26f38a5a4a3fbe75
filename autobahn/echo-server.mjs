// A server under test: sends every message back. Prints its port.

import { WebSocketServer } from '../wrapper.mjs';

const wss = new WebSocketServer({
  host: '127.0.0.1',
  // Cases of 9.3 and 9.4 send more fragments than are taken by default.
  maxFragments: 0,
  perMessageDeflate: true,
  port: 0
});

wss.on('listening', () => console.log(wss.address().port));
wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});
