// Listeners, subclasses and structural types, as programs for @types/ws have
// them; see commonjs.cts.

import { EventEmitter, once } from 'events';
import http = require('http');
import WebSocket = require('ws');

const socket = new WebSocket('ws://localhost');
const server = new WebSocket.WebSocketServer({ noServer: true });

// Names that are known only as one of several.
for (const name of ['close', 'error', 'message'] as const) {
  socket.on(name, (first) => first.anything);
  socket.once(name, function (first, second) {
    this.off(name, first.listener ?? second);
  });
  socket.addListener(name, (...all) => all.length);
}
for (const name of ['ping', 'pong'] as const) {
  socket.on(name, (data) => data.byteLength);
}
for (const name of ['connection', 'headers', 'listening'] as const) {
  server.on(name, (first) => first.anything);
  server.removeListener(name, (first) => first.anything);
}
declare const anyName: string;
declare const unique: unique symbol;
socket.on(anyName, (first) => first.anything);
socket.on(unique, (first) => first.anything);
server.once(anyName, (first) => first.anything);

// Functions with fewer, wider and narrower parameters.
const handlers = {
  close(this: WebSocket, code: number): void {
    this.close(code);
  },
  error: (error: NodeJS.ErrnoException) => error.code,
  message: async (data: WebSocket.RawData) => data.toString(),
  buffer: (data: Buffer) => data.length,
  anything: (...values: unknown[]) => values
};
socket.on('close', handlers.close).once('close', handlers.anything);
socket.on('error', handlers.error);
socket.on('message', handlers.message).on('message', handlers.anything);
socket.on('message', handlers.buffer);
socket.on('message', (data: string) => data.length);
socket.off('close', handlers.close).removeAllListeners('message');

type OnParameters = Parameters<WebSocket['on']>;
type OnceListener = Parameters<typeof socket.once>[1];
const onParameters: OnParameters = ['close', () => {}];
const onceListener: OnceListener = function (this: WebSocket, ...values) {
  this.emit('again', ...values);
};
socket.on(...onParameters).once('message', onceListener);
type Connected = Parameters<typeof server.handleUpgrade>[3];
const connected: Connected = (client, request) =>
  server.emit('connection', client, request);
console.log(connected.length);

// Where an emitter or something like a WebSocket is asked for.
interface Receives {
  on(event: 'message', listener: (data: WebSocket.RawData) => void): this;
  on(event: 'close', listener: (code: number) => void): this;
}
interface Sends {
  readonly readyState: number;
  send(data: string, done?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
}
const receives: Receives = socket;
const sends: Sends = socket;
const emitter: EventEmitter = socket;
receives.on('close', (code) => sends.close(code));
emitter.emit('something');
once(socket, 'message').then(([data]) => data);
type Event = 'open' | 'close';
const partial: Pick<WebSocket, 'send' | 'readyState'> & Partial<WebSocket> = {
  readyState: WebSocket.OPEN,
  send() {}
};
console.log(partial.readyState, 'open' satisfies Event);

function attach<W extends WebSocket>(
  websocket: W,
  listener: (this: WebSocket, data: WebSocket.RawData) => void
): W {
  return websocket.on('message', listener).once('message', listener);
}
attach(socket, (data) => data);

// Types that are not to become wider than they were.
const type: 'nodebuffer' | 'arraybuffer' | 'fragments' = socket.binaryType;
const state: 0 | 1 | 2 | 3 = socket.readyState;
const kept: WebSocket['binaryType'] = type;
socket.binaryType = kept;
socket.onmessage = ({ data }) => {
  const known: string | Buffer | ArrayBuffer | Buffer[] = data;
  console.log(known, state);
};
socket.on('message', (data) => {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  if (data instanceof ArrayBuffer) return data.byteLength;
  return data.readUInt8(0);
});

// Subclasses that override what they inherit.
class Tracked extends WebSocket {
  override on(event: string, listener: (...values: any[]) => void): this {
    return super.on(event, listener);
  }

  override send(data: any, ...rest: any[]): void {
    super.send(data, ...rest);
  }

  override close(code?: number, data?: string | Buffer): void {
    super.close(code, data);
  }

  override emit(event: string | symbol, ...values: any[]): boolean {
    return super.emit(event, ...values);
  }
}
class Guarded extends WebSocket.Server<typeof Tracked> {
  constructor(options?: WebSocket.ServerOptions<typeof Tracked>) {
    super({ ...options, WebSocket: Tracked });
    this.on('connection', (tracked) => tracked.terminate());
  }

  override async shouldHandle(request: http.IncomingMessage) {
    return request.url === '/';
  }

  override handleUpgrade(
    ...values: Parameters<WebSocket.Server<typeof Tracked>['handleUpgrade']>
  ): void {
    super.handleUpgrade(...values);
  }
}
class Room<T extends typeof WebSocket = typeof WebSocket> {
  readonly server: WebSocket.Server<T>;

  constructor(options: WebSocket.ServerOptions<T>) {
    this.server = new WebSocket.Server<T>(options);
  }

  get members(): Set<InstanceType<T>> {
    return this.server.clients;
  }
}
new Guarded({ port: 0 }).clients.forEach((tracked: Tracked) => tracked.pause());
new Room({ port: 0 }).members.forEach((member) => member.resume());

const map = new Map<WebSocket, WebSocket.WebSocket>([[socket, socket]]);
const clients: ReadonlySet<WebSocket> = server.clients;
const wide: WebSocket.Server = server;
console.log(map.size, clients.size, wide.path, wide.options.verifyClient);

// Options that are put together.
const sync: WebSocket.VerifyClientCallbackSync<http.IncomingMessage> = (info) =>
  info.origin === '' || info.secure || info.req.method === 'GET';
const deflate: WebSocket.PerMessageDeflateOptions = {
  clientMaxWindowBits: 10,
  clientNoContextTakeover: true,
  concurrencyLimit: 10,
  serverMaxWindowBits: 10,
  serverNoContextTakeover: true,
  threshold: 1024,
  zlibDeflateOptions: { chunkSize: 1024, level: 3, memLevel: 7, strategy: 0 },
  zlibInflateOptions: { chunkSize: 10 * 1024 }
};
const serverOptions: WebSocket.ServerOptions = {
  verifyClient: sync,
  perMessageDeflate: deflate,
  handleProtocols: (protocols, request) =>
    request.url === '/' ? [...protocols][0] : false
};
const clientOptions: WebSocket.ClientOptions & http.ClientRequestArgs = {
  perMessageDeflate: deflate,
  checkServerIdentity: (name, cert) => name === String(cert)
};
new WebSocket.Server({ ...serverOptions, port: 0 });
new WebSocket('ws://localhost', clientOptions);
new WebSocket('ws://localhost', undefined, clientOptions);
type Verify = NonNullable<WebSocket.ServerOptions['verifyClient']>;
const either: Verify = sync;
const info: Parameters<WebSocket.VerifyClientCallbackAsync>[0] = {
  origin: '',
  secure: true,
  req: new http.IncomingMessage(null as never)
};
console.log(either.length, info.req.url);

// Event objects.
const listen = (event: WebSocket.Event): WebSocket => event.target;
socket.addEventListener('open', listen);
socket.addEventListener('error', ({ error, message, type: name, target }) =>
  console.log(error.code, message.length, name, target.url)
);
socket.onclose = ({ wasClean, code, reason }: WebSocket.CloseEvent) =>
  console.log(wasClean, code.toFixed(), reason.length);
const eventMap: keyof WebSocket.WebSocketEventMap = 'message';
const eventListener: WebSocket.EventListenerOptions = { once: true };
socket.addEventListener(eventMap, { handleEvent: listen }, eventListener);
