import WebSocket from './lib/websocket.js';

export { WebSocket as default, WebSocket };
export { default as createWebSocketStream } from './lib/stream.js';
export { default as extension } from './lib/extension.js';
export { default as PerMessageDeflate } from './lib/permessage-deflate.js';
export { default as Receiver } from './lib/receiver.js';
export { default as Sender } from './lib/sender.js';
export { default as subprotocol } from './lib/subprotocol.js';
export { default as WebSocketServer } from './lib/websocket-server.js';
