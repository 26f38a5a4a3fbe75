// What heartbeat.mjs does, in the way that works with ws too: pings that are
// sent, and pongs that are noted, by the program.

import { WebSocketServer } from 'oxws';

const wss = new WebSocketServer({ port: process.env.PORT || 8080 });
const alive = new WeakSet();

wss.on('connection', (ws) => {
  alive.add(ws);

  ws.on('error', console.error);
  ws.on('pong', () => alive.add(ws));

  ws.on('close', (code) => {
    console.log('closed: %d', code);
  });
});

const timer = setInterval(() => {
  for (const ws of wss.clients) {
    if (alive.delete(ws)) ws.ping();
    else ws.terminate();
  }
}, 1000);

wss.on('close', () => {
  clearInterval(timer);
});

wss.on('listening', () => {
  console.log('Listening on ws://localhost:%d', wss.address().port);
});
