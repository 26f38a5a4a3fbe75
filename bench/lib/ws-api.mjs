/**
 * Loads a library that has the API of ws, in the process that is measured.
 */

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * @param {'ws'|'ws-corked'|'oxws'|'bun-ws'} implementation
 * @return {{WebSocket: Function, WebSocketServer: Function, version: string}}
 */
export function load(implementation) {
  switch (implementation) {
    case 'oxws':
      return {
        ...pick(require('../..')),
        version: require('../../package.json').version
      };
    case 'bun-ws':
      // The bare name: Bun answers it with an implementation of its own.
      return { ...pick(require('ws')), version: globalThis.Bun.version };
    default:
      return {
        ...pick(require('../peers/node_modules/ws')),
        version: require('../peers/node_modules/ws/package.json').version
      };
  }
}

function pick(WebSocket) {
  return { WebSocket, WebSocketServer: WebSocket.WebSocketServer };
}
