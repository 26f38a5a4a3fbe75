// A client in a worker that is an ECMAScript module, for environments.test.js.

import { parentPort, workerData } from 'node:worker_threads';
import WebSocket from 'oxws';

const ws = new WebSocket(workerData.url);

ws.on('open', () => ws.send(workerData.text));
ws.on('message', (data) => {
  parentPort.postMessage(String(data));
  ws.close();
});
