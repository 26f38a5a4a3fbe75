'use strict';

const { once } = require('events');
const zlib = require('zlib');

const { defer } = require('./tools');

/** What a deflated message ends with and does not send (RFC 7692, 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * Opens a connection with compression between a WebSocket of the implementation
 * under test and a raw peer.
 *
 * @param {Tools} tools The tools
 * @param {String} side Which side the WebSocket is, 'server' or 'client'
 * @param {Object} [options] Its options
 * @param {String} [parameters=''] What follows the name of the extension
 * @return {Promise<{ws: WebSocket, peer: RawPeer}>} Both ends
 */
async function openCompressed(tools, side, options, parameters = '') {
  const settings = { perMessageDeflate: true, ...options };
  const headers = {
    'Sec-WebSocket-Extensions': `permessage-deflate${parameters}`
  };

  if (side === 'server') return tools.openServer(settings, { headers });

  const accepted = defer();
  const { url } = await tools.serveRaw((peer) => {
    peer.accept(headers);
    accepted.resolve(peer);
  });
  const ws = tools.client(url, settings);

  await once(ws, 'open');
  return { ws, peer: await accepted.promise };
}

/**
 * Compresses a message that is to be sent in one go.
 *
 * @param {(Buffer|String)} data The message
 * @param {Object} [options] Options of zlib
 * @return {Buffer} The payload
 */
function deflate(data, options) {
  const payload = zlib.deflateRawSync(data, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...options
  });

  return payload.subarray(0, payload.length - TAIL.length);
}

/**
 * Makes a small payload that becomes a large message: as nothing refers to what
 * is behind a full flush, one piece can be repeated.
 *
 * @param {Number} megabytes How large
 * @return {Buffer} The payload
 */
function bomb(megabytes) {
  const piece = zlib.deflateRawSync(Buffer.alloc(1 << 20), {
    finishFlush: zlib.constants.Z_FULL_FLUSH,
    level: 9
  });
  const payload = Buffer.alloc(piece.length * megabytes, piece);

  return payload.subarray(0, payload.length - TAIL.length);
}

/** Decompresses the messages of one direction of a connection. */
class Inflater {
  /**
   * @param {Object} [options] Options of zlib
   */
  constructor(options) {
    this._chunks = [];
    this._stream = zlib.createInflateRaw(options);
    this._stream.on('data', (chunk) => this._chunks.push(chunk));
  }

  /**
   * @param {Buffer} payload The payload of a frame
   * @param {Boolean} fin Whether it is the last one of its message
   * @return {Promise<Buffer>} The data
   */
  inflate(payload, fin) {
    return new Promise((resolve, reject) => {
      this._stream.once('error', reject);
      this._stream.write(fin ? Buffer.concat([payload, TAIL]) : payload);
      this._stream.flush(() => {
        this._stream.removeListener('error', reject);
        resolve(Buffer.concat(this._chunks.splice(0)));
      });
    });
  }
}

module.exports = { Inflater, TAIL, bomb, deflate, openCompressed };
