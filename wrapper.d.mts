import { ClientRequestArgs, IncomingMessage } from 'http';
import CommonJS = require('./index.js');

/** What `require()` adds to the class and `import` gives by name only. */
type Extra =
  | 'createWebSocketStream'
  | 'extension'
  | 'PerMessageDeflate'
  | 'Receiver'
  | 'Sender'
  | 'Server'
  | 'subprotocol'
  | 'WebSocket'
  | 'WebSocketServer';

declare const WebSocket: Omit<typeof CommonJS, Extra> & {
  new (address: null): WebSocket;
  new (
    address: string | URL,
    options?: CommonJS.ClientOptions | ClientRequestArgs
  ): WebSocket;
  new (
    address: string | URL,
    protocols?: string | string[],
    options?: CommonJS.ClientOptions | ClientRequestArgs
  ): WebSocket;
};
interface WebSocket extends CommonJS {}

declare namespace WebSocket {
  type AddressInfo = CommonJS.AddressInfo;
  type CertMeta = CommonJS.CertMeta;
  type ClientOptions = CommonJS.ClientOptions;
  type CloseEvent = CommonJS.CloseEvent;
  type Data = CommonJS.Data;
  type ErrorEvent = CommonJS.ErrorEvent;
  type Event = CommonJS.Event;
  type EventListenerOptions = CommonJS.EventListenerOptions;
  type FinishRequestCallback = CommonJS.FinishRequestCallback;
  type Heartbeat = CommonJS.Heartbeat;
  type MessageEvent = CommonJS.MessageEvent;
  type PerMessageDeflateOptions = CommonJS.PerMessageDeflateOptions;
  type RawData = CommonJS.RawData;
  type SendOptions = CommonJS.SendOptions;
  type ServerOptions<
    U extends CommonJS.WebSocketClass = typeof CommonJS,
    V extends typeof IncomingMessage = typeof IncomingMessage
  > = CommonJS.ServerOptions<U, V>;
  type WebSocketEventMap = CommonJS.WebSocketEventMap;
  type VerifyClientCallbackAsync<
    Request extends IncomingMessage = IncomingMessage
  > = CommonJS.VerifyClientCallbackAsync<Request>;
  type VerifyClientCallbackSync<
    Request extends IncomingMessage = IncomingMessage
  > = CommonJS.VerifyClientCallbackSync<Request>;
}

export import AddressInfo = CommonJS.AddressInfo;
export import CertMeta = CommonJS.CertMeta;
export import ClientOptions = CommonJS.ClientOptions;
export import CloseEvent = CommonJS.CloseEvent;
export import Data = CommonJS.Data;
export import ErrorEvent = CommonJS.ErrorEvent;
export import Event = CommonJS.Event;
export import EventListenerOptions = CommonJS.EventListenerOptions;
export import FinishRequestCallback = CommonJS.FinishRequestCallback;
export import Heartbeat = CommonJS.Heartbeat;
export import MessageEvent = CommonJS.MessageEvent;
export import PerMessageDeflateOptions = CommonJS.PerMessageDeflateOptions;
export import RawData = CommonJS.RawData;
export import SendOptions = CommonJS.SendOptions;
export import ServerOptions = CommonJS.ServerOptions;
export import VerifyClientCallbackAsync = CommonJS.VerifyClientCallbackAsync;
export import VerifyClientCallbackSync = CommonJS.VerifyClientCallbackSync;

export import createWebSocketStream = CommonJS.createWebSocketStream;
export import extension = CommonJS.extension;
export import PerMessageDeflate = CommonJS.PerMessageDeflate;
export import Receiver = CommonJS.Receiver;
export import Sender = CommonJS.Sender;
export import subprotocol = CommonJS.subprotocol;

declare class Server<
  T extends CommonJS.WebSocketClass = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage
> extends CommonJS.Server<T, U> {}

export declare const WebSocketServer: typeof Server;
export interface WebSocketServer extends Server {}
export { type Server, WebSocket, WebSocket as default };
