// A program written for @types/ws, in CommonJS. It has to compile with the
// types of oxws as well, and what it marks as an error has to be one there too.

import http = require('http');
import https = require('https');
import WebSocket = require('ws');
import { Duplex } from 'stream';

// The class under all its names.
const socket: WebSocket = new WebSocket('ws://localhost');
const same: WebSocket.WebSocket = new WebSocket.WebSocket(
  new URL('ws://localhost')
);
const server: WebSocket.Server = new WebSocket.Server({ port: 0 });
const sameServer: WebSocket.WebSocketServer = new WebSocket.WebSocketServer(
  { port: 0, host: '::1', backlog: 5, path: '/chat' },
  () => console.log(sameServer.address())
);

// Arguments of the constructor.
new WebSocket(null);
new WebSocket('ws://localhost', 'chat');
new WebSocket('ws://localhost', ['chat', 'superchat'], { origin: 'here' });
new WebSocket('wss://localhost', {
  agent: new https.Agent(),
  ca: 'certificate',
  followRedirects: true,
  generateMask: (mask) => mask.fill(1),
  handshakeTimeout: 1000,
  headers: { cookie: 'a=b' },
  maxPayload: 1024,
  perMessageDeflate: { threshold: 10, zlibDeflateOptions: { level: 1 } },
  protocolVersion: 13,
  rejectUnauthorized: false
});
new WebSocket('ws://localhost', { timeout: 5000, setHost: false });
new WebSocket('ws://localhost', {
  finishRequest(request, websocket) {
    request.setHeader('x-url', websocket.url);
    request.end();
  }
});

// @ts-expect-error: an unknown option
new WebSocket('ws://localhost', { unknown: true });

// Sending.
socket.send('text');
socket.send(Buffer.alloc(1), (err) => console.log(err?.message));
socket.send(new Float32Array(5), { binary: true, mask: true, fin: false });
socket.send(new DataView(new ArrayBuffer(1)), { compress: false }, () => {});
socket.send([1, 2, 3]);
socket.send(42);
socket.send(new Blob([]));
socket.send({ valueOf: () => 'text' });
socket.ping();
socket.ping('data', true, (err: Error) => console.log(err.message));
socket.pong(Buffer.alloc(1));
socket.close(1000, 'done');
socket.close(1000, Buffer.from('done'));
socket.pause();
socket.resume();
socket.terminate();

// @ts-expect-error: not a number
socket.close('1000');

// Events by name, with the arguments they are known to have.
socket
  .on('open', () => {})
  .on('message', (data, isBinary) => {
    const raw: Buffer | ArrayBuffer | Buffer[] = data;
    const binary: boolean = isBinary;
    console.log(data.toString(), raw, binary);
  })
  .on('close', function (code, reason) {
    this.removeAllListeners();
    console.log(code.toFixed(), reason.toString('utf8'));
  })
  .once('ping', (data) => data.byteLength)
  .once('pong', (data) => data.byteLength)
  .once('upgrade', (response) => response.headers['set-cookie'])
  .on('redirect', (url, request) => request.setHeader('x', url.length))
  .on('unexpected-response', (request, response) => {
    console.log(response.statusCode);
    request.destroy();
  })
  .addListener('error', (error) => error.message)
  .on('something else', (whatever: string) => whatever.length);

function onMessage(this: WebSocket, data: WebSocket.RawData): void {
  this.off('message', onMessage);
  console.log(data);
}
socket.on('message', onMessage);
socket.removeListener('message', onMessage);

type AnyListener = Parameters<typeof socket.once>[1];
const anyListener: AnyListener = () => {};
socket.off('anything', anyListener);

// Events as in browsers.
socket.onopen = ({ type, target }) => console.log(type, target.protocol);
socket.onmessage = (event: WebSocket.MessageEvent) => {
  const data: WebSocket.Data = event.data;
  if (typeof data === 'string') console.log(data.length);
};
socket.onerror = ({ error, message }: WebSocket.ErrorEvent) =>
  console.log(error, message.length);
socket.onclose = null;
socket.addEventListener(
  'close',
  ({ code, reason, wasClean }) => console.log(code, reason.length, wasClean),
  { once: true }
);
socket.addEventListener('message', { handleEvent: (event) => event.data });
socket.removeEventListener('message', (event) => event.data);

// @ts-expect-error: there is no such event
socket.addEventListener('ping', () => {});

// Properties.
socket.binaryType = 'arraybuffer';
socket.binaryType = 'fragments';
// @ts-expect-error: there is no such type
socket.binaryType = 'buffer';
const amount: number = socket.bufferedAmount;
const extensions: string = socket.extensions;
const paused: boolean = socket.isPaused;
console.log(amount, extensions, paused, socket.protocol, socket.url);

// @ts-expect-error: read only
socket.bufferedAmount = 1;
// @ts-expect-error: read only
socket.protocol = 'chat';
// @ts-expect-error: read only
socket.readyState = socket.OPEN;
// @ts-expect-error: read only
WebSocket.OPEN = 2;

function narrow({ readyState }: WebSocket): never | string {
  if (readyState === WebSocket.CONNECTING) {
    const zero: 0 = readyState;
    return `connecting ${zero}`;
  }
  if (readyState === socket.OPEN) {
    const one: 1 = readyState;
    return `open ${one}`;
  }
  if (readyState === WebSocket.CLOSING || readyState === socket.CLOSED) {
    const late: 2 | 3 = readyState;
    return `closing ${late}`;
  }

  const nothing: never = readyState;
  return nothing;
}
console.log(narrow(same));

// Servers.
const verifyClient: WebSocket.VerifyClientCallbackAsync = (info, callback) =>
  callback(info.secure, 401, info.origin, { 'x-method': info.req.method });
const options: WebSocket.ServerOptions = {
  server: http.createServer(),
  clientTracking: true,
  handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false),
  perMessageDeflate: true,
  verifyClient
};
new WebSocket.Server(options);
new WebSocket.Server({ server: https.createServer(), maxPayload: 1 });
new WebSocket.Server();

server.on('connection', function (ws, request) {
  this.clients.forEach((client) => client.send(ws.protocol));
  console.log(request.socket.remoteAddress);
});
server.on('headers', (headers, request) => headers.push(`X: ${request.url}`));
server.once('listening', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') {
    console.log(address.port.toFixed(), address.family);
  }
});
server.on('wsClientError', (error, socket: Duplex) => socket.destroy(error));
server.addListener('error', (error) => error.message);
server.off('connection', (ws) => ws.close());
server.close((err) => console.log(err?.message));

http.createServer().on('upgrade', (request, socket, head) => {
  if (server.shouldHandle(request)) {
    server.handleUpgrade(request, socket, head, (ws, req) => {
      server.emit('connection', ws, req);
    });
  }
});

// Classes of one's own.
class User extends WebSocket {
  user = 'somebody';
}
class Request extends http.IncomingMessage {
  session = 1;
}
class UserServer extends WebSocket.WebSocketServer<typeof User> {
  override shouldHandle(): boolean {
    return true;
  }
}
const users: WebSocket.Server<typeof User, typeof Request> =
  new WebSocket.Server({ WebSocket: User, port: 0 });
users.on('connection', (ws, request) => {
  const name: string = ws.user;
  const session: number = request.session;
  console.log(name, session);
});
for (const client of users.clients) console.log(client.user.length);
new UserServer({ noServer: true, WebSocket: User });

// Streams.
const stream: Duplex = WebSocket.createWebSocketStream(socket, {
  encoding: 'utf8',
  allowHalfOpen: false
});
stream.pipe(process.stdout);

// Properties of one's own.
declare module 'ws' {
  interface WebSocket {
    isAlive?: boolean;
  }
}
const counted: WebSocket.WebSocket = socket;
counted.isAlive = true;
