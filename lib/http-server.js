'use strict';

// The HTTP server a WebSocketServer works on, its own or somebody else's.

const http = require('http');

const { limitHandshake } = require('./handshake-timer');

/**
 * Makes an HTTP server that refuses everything but upgrades.
 *
 * @param {Object} options Where it listens
 * @param {Function} [callback] A listener of the `'listening'` event
 * @return {http.Server} The server
 */
function listen({ port, host, backlog, handshakeTimeout }, callback) {
  const server = http.createServer((req, res) => {
    const body = http.STATUS_CODES[426];

    res.writeHead(426, {
      'Content-Length': body.length,
      'Content-Type': 'text/plain'
    });
    res.end(body);
  });

  if (handshakeTimeout > 0) {
    server.on('connection', (socket) => {
      limitHandshake(socket, handshakeTimeout);
    });
  }

  return server.listen(port, host, backlog, callback);
}

/**
 * Listens for the events of an HTTP server.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {http.Server} server The HTTP server
 * @return {Function} Removes the listeners
 */
function addListeners(wss, server) {
  const emitConnection = wss.emit.bind(wss, 'connection');
  const listeners = {
    listening: wss.emit.bind(wss, 'listening'),
    error: wss.emit.bind(wss, 'error'),
    upgrade: (req, socket, head) => {
      wss.handleUpgrade(req, socket, head, emitConnection);
    }
  };

  for (const [name, fn] of Object.entries(listeners)) server.on(name, fn);

  return () => {
    for (const [name, fn] of Object.entries(listeners)) {
      server.removeListener(name, fn);
    }
  };
}

module.exports = { addListeners, listen };
