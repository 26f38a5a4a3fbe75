'use strict';

const { Duplex } = require('stream');

/**
 * Emits the `'close'` event of a stream.
 *
 * @param {Duplex} stream The stream
 */
function emitClose(stream) {
  stream.emit('close');
}

/** Destroys a stream whose two sides are both over. */
function duplexOnEnd() {
  if (!this.destroyed && this._writableState.finished) this.destroy();
}

/**
 * Destroys a stream that has failed. Since this is a listener itself, an error
 * nobody else listens for has to be emitted again to be thrown.
 *
 * @param {Error} err The error
 */
function duplexOnError(err) {
  this.removeListener('error', duplexOnError);
  this.destroy();

  if (this.listenerCount('error') === 0) this.emit('error', err);
}

/** The functions a `Duplex` needs, each of them a call of its WebSocket. */
class Bridge {
  /**
   * @param {WebSocket} websocket The WebSocket
   */
  constructor(websocket) {
    this.websocket = websocket;
    this.duplex = null;
    this.terminateOnDestroy = true;
  }

  /**
   * Connects the stream to the WebSocket's events.
   *
   * @param {Duplex} duplex The stream
   */
  attach(duplex) {
    this.duplex = duplex;

    this.websocket.on('message', (data, isBinary) =>
      this.handleMessage(data, isBinary)
    );
    this.websocket.once('error', (err) => this.handleError(err));
    this.websocket.once('close', () => {
      if (!duplex.destroyed) duplex.push(null);
    });

    duplex.on('end', duplexOnEnd);
    duplex.on('error', duplexOnError);
  }

  /**
   * @param {(Buffer|ArrayBuffer|Buffer[]|Blob)} data The message
   * @param {Boolean} isBinary Whether the message is binary
   */
  handleMessage(data, isBinary) {
    const { duplex } = this;
    const asString = !isBinary && duplex._readableState.objectMode;

    if (!duplex.push(asString ? data.toString() : data)) this.websocket.pause();
  }

  /**
   * An open WebSocket answers an error with a close frame and ends by itself.
   * Terminating it now could keep that frame from being written.
   *
   * @param {Error} err The error
   */
  handleError(err) {
    if (this.duplex.destroyed) return;

    this.terminateOnDestroy = false;
    this.duplex.destroy(err);
  }

  /** Lets messages flow again. */
  read() {
    if (this.websocket.isPaused) this.websocket.resume();
  }

  /**
   * @param {(Buffer|String)} chunk The message to send
   * @param {Function} callback Called when the message was written
   */
  write(chunk, callback) {
    const { websocket } = this;

    if (websocket.readyState === websocket.CONNECTING) {
      websocket.once('open', () => this.write(chunk, callback));
    } else {
      websocket.send(chunk, callback);
    }
  }

  /**
   * Starts the closing handshake. Where a handshake failed there is no socket;
   * the WebSocket's `'error'` event then destroys the stream.
   *
   * @param {Function} callback Called when the socket is finished
   */
  final(callback) {
    const { duplex, websocket } = this;

    if (websocket.readyState === websocket.CONNECTING) {
      websocket.once('open', () => this.final(callback));
    } else if (websocket._socket === null) {
      return;
    } else if (websocket._socket._writableState.finished) {
      callback();

      if (duplex._readableState.endEmitted) duplex.destroy();
    } else {
      // The stream is destroyed by its 'end' event, which is still to come.
      websocket._socket.once('finish', () => callback());
      websocket.close();
    }
  }

  /**
   * Ends the connection and waits until it is over.
   *
   * @param {?Error} err Why the stream is destroyed
   * @param {Function} callback Called with the error the stream is to emit
   */
  destroy(err, callback) {
    const { duplex, websocket } = this;
    let called = false;

    if (websocket.readyState === websocket.CLOSED) {
      callback(err);
      process.nextTick(emitClose, duplex);
      return;
    }

    websocket.once('error', (error) => {
      called = true;
      callback(error);
    });
    websocket.once('close', () => {
      if (!called) callback(err);
      process.nextTick(emitClose, duplex);
    });

    if (this.terminateOnDestroy) websocket.terminate();
  }
}

/**
 * Makes a stream that reads and writes the messages of a WebSocket.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} [options] Options of the `Duplex`. `autoDestroy`, `emitClose`,
 *     `objectMode` and `writableObjectMode` are always `false`; with
 *     `readableObjectMode` a text message is read as a string
 * @return {Duplex} The stream
 */
function createWebSocketStream(ws, options) {
  const bridge = new Bridge(ws);
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    destroy: (err, callback) => bridge.destroy(err, callback),
    final: (callback) => bridge.final(callback),
    read: () => bridge.read(),
    write: (chunk, encoding, callback) => bridge.write(chunk, callback)
  });

  bridge.attach(duplex);
  return duplex;
}

module.exports = createWebSocketStream;
