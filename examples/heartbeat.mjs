// Finds out that a client is gone although its connection was never closed: who
// is silent for `interval` milliseconds is sent a ping, and who does not answer
// within `timeout` milliseconds is disconnected.

import { WebSocketServer } from 'oxws';

const wss = new WebSocketServer({
  port: process.env.PORT || 8080,
  heartbeat: { interval: 1000, timeout: 500 }
});

wss.on('connection', (ws) => {
  ws.on('error', console.error);

  ws.on('close', (code, reason) => {
    console.log('closed: %d %s', code, reason);
  });
});

wss.on('listening', () => {
  console.log('Listening on ws://localhost:%d', wss.address().port);
});
