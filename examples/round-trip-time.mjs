// Measures, twice a second, how long a message takes to an echo server and back.

import WebSocket from 'oxws';

const ws = new WebSocket(process.argv[2] || 'ws://localhost:8080/echo');
let start;

function measure() {
  start = performance.now();
  ws.send('Are you there?');
}

ws.on('error', console.error);

ws.on('open', measure);

ws.on('message', () => {
  const time = performance.now() - start;

  console.log(`Round-trip time: ${time.toFixed(3)} ms`);
  setTimeout(measure, 500);
});

ws.on('close', () => {
  console.log('disconnected');
});
