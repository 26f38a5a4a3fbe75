/// <reference types="node" />

import { EventEmitter } from 'events';
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HttpServer
} from 'http';
import { Server as HttpsServer } from 'https';
import { createConnection } from 'net';
import { Duplex, DuplexOptions, Writable } from 'stream';
import { SecureContextOptions } from 'tls';
import { URL } from 'url';
import { ZlibOptions } from 'zlib';

/** What `send()` takes: everything that `Buffer.from()` takes, and more. */
type Sendable =
  | string
  | number
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Blob
  | readonly any[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string };

/** What the listeners of a WebSocket's events are called with. */
interface WebSocketEvents {
  /** The status code of the closing handshake and its reason. */
  close: [code: number, reason: Buffer];
  /** Only with the option `backpressurePolicy: 'event'`. Lacking in ws. */
  backpressure: [bufferedAmount: number];
  /** Less than half of `maxBackpressure` waits again. Lacking in ws. */
  drain: [];
  error: [error: Error];
  message: [data: WebSocket.RawData, isBinary: boolean];
  open: [];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** Emitted before a redirected request is sent; its headers may be changed. */
  redirect: [url: string, request: ClientRequest];
  /** Whoever listens has to read the response or to end the request. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** The response to the handshake, before it is checked. */
  upgrade: [response: IncomingMessage];
}

/** What the listeners of a server's events are called with. */
interface ServerEvents<Client, Request> {
  close: [];
  connection: [websocket: Client, request: Request];
  error: [error: Error];
  /** The lines of the response to the handshake, which may be changed. */
  headers: [headers: string[], request: Request];
  listening: [];
  /** A malformed handshake. Whoever listens has to end the socket. */
  wsClientError: [error: Error, socket: Duplex, request: Request];
}

/**
 * The arguments of an event's listeners. Where the name is one of several,
 * nothing is known of them.
 */
type ArgumentsOf<
  Events extends { [name in keyof Events]: unknown[] },
  Name extends keyof Events
> = (Name extends unknown ? (name: Name) => void : never) extends (
  name: infer Every
) => void
  ? [Every] extends [never]
    ? any[]
    : Events[Name]
  : never;

type Listener<This, Arguments extends unknown[]> = (
  this: This,
  ...args: Arguments
) => void;

/** A WebSocket, client or server side. */
declare class WebSocket extends EventEmitter {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;

  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  /**
   * How binary messages are delivered: as a Buffer (the default), an
   * ArrayBuffer, a Buffer for each fragment, or a Blob. Text always arrives as
   * a Buffer. Code that was written before there were Blobs would not compile
   * if `'blob'` could be read.
   */
  get binaryType(): 'nodebuffer' | 'arraybuffer' | 'fragments';
  set binaryType(type: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob');

  /** Bytes given to `send()` that were not handed to the kernel yet. */
  readonly bufferedAmount: number;

  /** The negotiated extensions, `''` if there are none. */
  readonly extensions: string;

  /** Whether `pause()` was called last, not `resume()`. */
  readonly isPaused: boolean;

  /** The subprotocol the server has chosen, `''` if there is none. */
  readonly protocol: string;

  readonly readyState:
    | typeof WebSocket.CONNECTING
    | typeof WebSocket.OPEN
    | typeof WebSocket.CLOSING
    | typeof WebSocket.CLOSED;

  /** The URL, after redirects; on the server side there is none. */
  readonly url: string;

  onopen: ((event: WebSocket.Event) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  /** Makes a WebSocket that is connected later. */
  constructor(address: null);

  /**
   * Opens a connection.
   *
   * @throws {RangeError} If an option is out of range
   * @throws {SyntaxError} If the URL or a subprotocol is malformed
   */
  constructor(
    address: string | URL,
    options?: WebSocket.ClientOptions | ClientRequestArgs
  );
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs
  );

  /**
   * Starts the closing handshake.
   *
   * @param data The reason, at most 123 bytes of UTF-8
   * @throws {TypeError} If the status code may not be sent
   * @throws {RangeError} If the reason is too long
   */
  close(code?: number, data?: string | Uint8Array): void;

  /**
   * Sends a ping, of at most 125 bytes.
   *
   * @param mask Whether to mask the frame, by default what the side has to do
   * @param cb Called when the ping was handed to the kernel
   */
  ping(data?: any, mask?: boolean, cb?: (err: Error) => void): void;

  /** Sends a pong; like `ping()`. */
  pong(data?: any, mask?: boolean, cb?: (err: Error) => void): void;

  /**
   * Sends a message.
   *
   * @param cb Called when the message was handed to the kernel
   * @throws {Error} While the WebSocket is connecting
   */
  send(data: Sendable, cb?: (err?: Error) => void): void;
  send(
    data: Sendable,
    options: WebSocket.SendOptions,
    cb?: (err?: Error) => void
  ): void;

  /** Destroys the connection without a closing handshake. */
  terminate(): void;

  /**
   * Stops reading. What was read before is still delivered. Does nothing while
   * the WebSocket is connecting and when it is closed.
   */
  pause(): void;

  /** Reads on after `pause()`. */
  resume(): void;

  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
    options?: WebSocket.EventListenerOptions
  ): void;

  /** Removes what `addEventListener()` has added. */
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void }
  ): void;

  on<K extends keyof WebSocketEvents>(
    event: K,
    listener: Listener<this, ArgumentsOf<WebSocketEvents, K>>
  ): this;
  on(event: string | symbol, listener: Listener<this, any[]>): this;

  once<K extends keyof WebSocketEvents>(
    event: K,
    listener: Listener<this, ArgumentsOf<WebSocketEvents, K>>
  ): this;
  once(event: string | symbol, listener: Listener<this, any[]>): this;

  off<K extends keyof WebSocketEvents>(
    event: K,
    listener: Listener<this, ArgumentsOf<WebSocketEvents, K>>
  ): this;
  off(event: string | symbol, listener: Listener<this, any[]>): this;

  addListener<K extends keyof WebSocketEvents>(
    event: K,
    listener: (...args: ArgumentsOf<WebSocketEvents, K>) => void
  ): this;
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;

  removeListener<K extends keyof WebSocketEvents>(
    event: K,
    listener: (...args: ArgumentsOf<WebSocketEvents, K>) => void
  ): this;
  removeListener(
    event: string | symbol,
    listener: (...args: any[]) => void
  ): this;
}

declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}

declare namespace WebSocket {
  /**
   * The payload of a message as the `'message'` event delivers it. With the
   * `binaryType` `'blob'` it is a `Blob`, which has to be asserted: code written
   * for the other types would no longer compile if it were listed here.
   */
  type RawData = Buffer | ArrayBuffer | Buffer[];

  /** The payload of a message as a `MessageEvent` delivers it. */
  type Data = string | RawData;

  /** A certificate or a key. */
  type CertMeta = string | string[] | Buffer | Buffer[];

  interface VerifyClientInfo<Request extends IncomingMessage> {
    origin: string;
    /** Whether the client came by TLS. */
    secure: boolean;
    req: Request;
  }

  type VerifyClientCallbackSync<
    Request extends IncomingMessage = IncomingMessage
  > = (info: VerifyClientInfo<Request>) => boolean;

  /** `callback` is told whether to accept, otherwise the HTTP response. */
  type VerifyClientCallbackAsync<
    Request extends IncomingMessage = IncomingMessage
  > = (
    info: VerifyClientInfo<Request>,
    callback: (
      res: boolean,
      code?: number,
      message?: string,
      headers?: OutgoingHttpHeaders
    ) => void
  ) => void;

  /** Has to call `request.end()`. */
  type FinishRequestCallback = (
    request: ClientRequest,
    websocket: WebSocket
  ) => void;

  interface SendOptions {
    /** Whether the message is binary; by default all but strings are. */
    binary?: boolean | undefined;
    /** Whether to compress it if compression was negotiated; default true. */
    compress?: boolean | undefined;
    /** Whether it is the last fragment of the message; default true. */
    fin?: boolean | undefined;
    /** Whether to mask it; by default what the side has to do. */
    mask?: boolean | undefined;
  }

  /** When a silent peer is taken for dead. Lacking in ws. */
  interface Heartbeat {
    /** Milliseconds without a byte from the peer until it is sent a ping. */
    interval: number;
    /**
     * Milliseconds it has to send a byte after that, otherwise the connection is
     * destroyed (close code 1006); default: `interval`.
     */
    timeout?: number | undefined;
  }

  /** Options that clients and servers share. */
  interface CommonOptions {
    /** Whether a turn of the event loop may emit several messages; default true. */
    allowSynchronousEvents?: boolean | undefined;
    /** Whether pings are answered; default true. */
    autoPong?: boolean | undefined;
    /**
     * What happens to a message when more than `maxBackpressure` bytes would
     * wait: `'close'` (the default) ends the connection (close code 1006),
     * `'drop'` does not send it and gives its callback an error, `'event'` sends
     * it, and the events `'backpressure'` and `'drain'` are emitted. Lacking in
     * ws.
     */
    backpressurePolicy?: 'close' | 'drop' | 'event' | undefined;
    /** Milliseconds the closing handshake may take; default 30000. */
    closeTimeout?: number | undefined;
    /** Pings for silent peers; off by default. */
    heartbeat?: Heartbeat | false | null | undefined;
    /**
     * Most bytes that may wait because the peer does not read them; by default
     * any number. Lacking in ws.
     */
    maxBackpressure?: number | null | undefined;
    /** Most chunks that may wait for the rest of a frame; default 262144. */
    maxBufferedChunks?: number | undefined;
    /** Most fragments of a message; default 16384. */
    maxFragments?: number | undefined;
    /** Most bytes of a message, also when decompressed; default 100 MiB. */
    maxPayload?: number | undefined;
    /** Most automatic pongs that may wait to be written; default 60. */
    maxPendingAutoPongs?: number | undefined;
    /** Compression; by default clients offer it and servers decline. */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** Whether text and close reasons are not checked for valid UTF-8. */
    skipUTF8Validation?: boolean | undefined;
  }

  /** Options of a client. Options of `http.request()` may be added. */
  interface ClientOptions extends CommonOptions, SecureContextOptions {
    agent?: Agent | undefined;
    checkServerIdentity?(servername: string, cert: CertMeta): boolean;
    createConnection?: typeof createConnection | undefined;
    family?: number | undefined;
    /** Called instead of `request.end()`. */
    finishRequest?: FinishRequestCallback | undefined;
    followRedirects?: boolean | undefined;
    /** Fills the masking key of each frame; by default it is random. */
    generateMask?(mask: Buffer): void;
    /** Milliseconds of silence that end the handshake. */
    handshakeTimeout?: number | undefined;
    headers?: { [key: string]: string } | undefined;
    host?: string | undefined;
    localAddress?: string | undefined;
    /** Default 10. */
    maxRedirects?: number | undefined;
    origin?: string | undefined;
    /** Overwritten with the protocol of the URL. */
    protocol?: string | undefined;
    /** Subprotocols, if there is no argument for them. */
    protocols?: string | string[] | undefined;
    /** 13, the default, or 8. */
    protocolVersion?: number | undefined;
    rejectUnauthorized?: boolean | undefined;
  }

  interface PerMessageDeflateOptions {
    clientMaxWindowBits?: number | undefined;
    clientNoContextTakeover?: boolean | undefined;
    concurrencyLimit?: number | undefined;
    serverMaxWindowBits?: number | undefined;
    serverNoContextTakeover?: boolean | undefined;
    /** Bytes below which messages that share no context are not compressed. */
    threshold?: number | undefined;
    zlibDeflateOptions?:
      | {
          chunkSize?: number | undefined;
          dictionary?: Buffer | Buffer[] | DataView | undefined;
          finishFlush?: number | undefined;
          flush?: number | undefined;
          info?: boolean | undefined;
          level?: number | undefined;
          memLevel?: number | undefined;
          strategy?: number | undefined;
          windowBits?: number | undefined;
        }
      | undefined;
    zlibInflateOptions?: ZlibOptions | undefined;
  }

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent {
    error: any;
    message: string;
    type: string;
    target: WebSocket;
  }

  interface CloseEvent {
    /** Whether close frames were both sent and received. */
    wasClean: boolean;
    code: number;
    reason: string;
    type: string;
    target: WebSocket;
  }

  interface MessageEvent {
    data: Data;
    type: string;
    target: WebSocket;
  }

  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  interface EventListenerOptions {
    once?: boolean | undefined;
  }

  /** A class whose instances are WebSockets, whatever users add to these. */
  type WebSocketClass = new (...args: any[]) => WebSocketAlias;

  /** Exactly one of `noServer`, `port` and `server` is needed. */
  interface ServerOptions<
    U extends WebSocketClass = typeof WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage
  > extends CommonOptions {
    backlog?: number | undefined;
    /** Whether the server has a set of its clients; default true. */
    clientTracking?: boolean | undefined;
    /** Chooses a subprotocol; by default the client's first. */
    handleProtocols?: (
      protocols: Set<string>,
      request: InstanceType<V>
    ) => string | false;
    /**
     * Milliseconds a client has to become connected: from the connection with
     * `port`, otherwise from its request; by default any time. Lacking in ws.
     */
    handshakeTimeout?: number | null | undefined;
    host?: string | undefined;
    /** Whether requests are only handed over with `handleUpgrade()`. */
    noServer?: boolean | undefined;
    /** The only path that is accepted. */
    path?: string | undefined;
    /** Where an HTTP server of its own listens. */
    port?: number | undefined;
    /** The HTTP server whose upgrades are handled. */
    server?: HttpServer<V> | HttpsServer<V> | undefined;
    verifyClient?:
      | VerifyClientCallbackAsync<InstanceType<V>>
      | VerifyClientCallbackSync<InstanceType<V>>
      | undefined;
    /** The class of the clients. */
    WebSocket?: U | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  /** Accepts WebSockets. */
  class Server<
    T extends WebSocketClass = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage
  > extends EventEmitter {
    options: ServerOptions<T, U>;

    /** @deprecated Neither ws nor oxws has it; read `options.path`. */
    path: string;

    /** The clients; there is none if `clientTracking` is false. */
    clients: Set<InstanceType<T>>;

    /**
     * @param callback Called when the server listens on `port`
     * @throws {TypeError} If not exactly one of `noServer`, `port` and `server`
     *     is given
     */
    constructor(options?: ServerOptions<T, U>, callback?: () => void);

    /**
     * The address of the HTTP server, `null` after `close()`.
     *
     * @throws {Error} In the mode `noServer`
     */
    address(): AddressInfo | string | null;

    /** Accepts no more WebSockets. Those there are stay open. */
    close(cb?: (err?: Error) => void): void;

    /** Handles an upgrade, for servers with the option `noServer`. */
    handleUpgrade(
      request: InstanceType<U>,
      socket: Duplex,
      upgradeHead: Buffer,
      callback: (client: InstanceType<T>, request: InstanceType<U>) => void
    ): void;

    /** Whether a request is for this server; may be overridden. */
    shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

    on<K extends keyof ServerEvents<unknown, unknown>>(
      event: K,
      listener: Listener<
        this,
        ArgumentsOf<ServerEvents<InstanceType<T>, InstanceType<U>>, K>
      >
    ): this;
    on(event: string | symbol, listener: Listener<this, any[]>): this;

    once<K extends keyof ServerEvents<unknown, unknown>>(
      event: K,
      listener: Listener<
        this,
        ArgumentsOf<ServerEvents<InstanceType<T>, InstanceType<U>>, K>
      >
    ): this;
    once(event: string | symbol, listener: Listener<this, any[]>): this;

    off<K extends keyof ServerEvents<unknown, unknown>>(
      event: K,
      listener: Listener<
        this,
        ArgumentsOf<ServerEvents<InstanceType<T>, InstanceType<U>>, K>
      >
    ): this;
    off(event: string | symbol, listener: Listener<this, any[]>): this;

    addListener<K extends keyof ServerEvents<unknown, unknown>>(
      event: K,
      listener: (
        ...args: ArgumentsOf<ServerEvents<InstanceType<T>, InstanceType<U>>, K>
      ) => void
    ): this;
    addListener(
      event: string | symbol,
      listener: (...args: any[]) => void
    ): this;

    removeListener<K extends keyof ServerEvents<unknown, unknown>>(
      event: K,
      listener: (
        ...args: ArgumentsOf<ServerEvents<InstanceType<T>, InstanceType<U>>, K>
      ) => void
    ): this;
    removeListener(
      event: string | symbol,
      listener: (...args: any[]) => void
    ): this;
  }

  const WebSocketServer: typeof Server;
  interface WebSocketServer extends Server {}

  const WebSocket: typeof WebSocketAlias;
  interface WebSocket extends WebSocketAlias {}

  /** Makes a stream of a WebSocket: a message for each chunk. */
  function createWebSocketStream(
    websocket: WebSocket,
    options?: DuplexOptions
  ): Duplex;

  /** Parameters of an extension: for each name the values it was given. */
  type ExtensionParameters = { [name: string]: (string | true)[] };

  /** Reads and writes the header field `Sec-WebSocket-Extensions`. */
  const extension: {
    /** @throws {SyntaxError} If the value is malformed */
    parse(header: string): { [name: string]: ExtensionParameters[] };
    format(extensions: { [name: string]: any }): string;
  };

  /** Reads the header field `Sec-WebSocket-Protocol`. */
  const subprotocol: {
    /** @throws {SyntaxError} If the value is malformed */
    parse(header: string): Set<string>;
  };

  /** The permessage-deflate extension of one connection. */
  class PerMessageDeflate {
    static readonly extensionName: string;

    /** The parameters `accept()` has agreed on. */
    params: { [name: string]: any } | null;

    constructor(
      options?: PerMessageDeflateOptions & {
        isServer?: boolean | undefined;
        maxPayload?: number | undefined;
      }
    );

    /** The parameters a client offers. */
    offer(): { [name: string]: any };

    /** @throws {Error} If none of the offers or responses is acceptable */
    accept(configurations: ExtensionParameters[]): { [name: string]: any };

    compress(
      data: Buffer | string,
      fin: boolean,
      callback: (err: Error | null, result?: Buffer) => void
    ): void;

    decompress(
      data: Buffer,
      fin: boolean,
      callback: (err: Error | null, result?: Buffer) => void
    ): void;

    /** Frees the memory of the contexts. */
    cleanup(): void;
  }

  /** The negotiated extensions. */
  interface Extensions {
    'permessage-deflate'?: PerMessageDeflate;
  }

  /**
   * Parses frames that are written to it. Emits `'message'` (data, isBinary),
   * `'ping'` (data), `'pong'` (data), for a close frame `'conclude'` (code,
   * reason), and `'error'`.
   */
  class Receiver extends Writable {
    /** Without limits, unless they are given. */
    constructor(
      options?: Pick<
        CommonOptions,
        | 'allowSynchronousEvents'
        | 'maxBufferedChunks'
        | 'maxFragments'
        | 'maxPayload'
        | 'skipUTF8Validation'
      > & {
        binaryType?: WebSocket['binaryType'] | 'blob' | undefined;
        extensions?: Extensions | undefined;
        /** Whether frames have to be masked. */
        isServer?: boolean | undefined;
      }
    );
  }

  interface FrameOptions {
    fin?: boolean | undefined;
    generateMask?: ((mask: Buffer) => void) | undefined;
    mask?: boolean | undefined;
    /** Where the masking key is put. */
    maskBuffer?: Buffer | undefined;
    opcode: number;
    /** Whether `data` must not be masked in place. */
    readOnly?: boolean | undefined;
    rsv1?: boolean | undefined;
  }

  /** Writes frames to a socket. Here nothing is masked unless it is said. */
  class Sender {
    constructor(
      socket: Duplex,
      extensions?: Extensions,
      generateMask?: (mask: Buffer) => void
    );

    /** The parts of a frame. */
    static frame(
      data: Buffer | string,
      options: FrameOptions
    ): (Buffer | string)[];

    close(
      code?: number,
      data?: string | Uint8Array,
      mask?: boolean,
      cb?: (err?: Error) => void
    ): void;
    ping(data: Sendable, mask?: boolean, cb?: (err?: Error) => void): void;
    pong(data: Sendable, mask?: boolean, cb?: (err?: Error) => void): void;

    /** All of the options are off by default, `fin` too. */
    send(
      data: Sendable,
      options: SendOptions,
      cb?: (err?: Error) => void
    ): void;

    /** Writes the parts of frames. */
    sendFrame(list: (Buffer | string)[], cb?: (err?: Error) => void): void;
  }
}

export = WebSocket;
