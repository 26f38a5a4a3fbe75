// Connects standard input and output with a server.

import { pipeline } from 'node:stream';
import WebSocket, { createWebSocketStream } from 'oxws';

const ws = new WebSocket(process.argv[2] || 'ws://localhost:8080');
const duplex = createWebSocketStream(ws, { encoding: 'utf8' });

pipeline(process.stdin, duplex, process.stdout, (error) => {
  if (error) console.error(error);
});
