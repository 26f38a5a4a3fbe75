'use strict';

const http = require('http');
const https = require('https');

const {
  addHeaders,
  addTarget,
  checkProtocols,
  findUrlProblem,
  parseAddress,
  resolveOptions
} = require('./client-request');
const { CONNECTING } = require('./constants');
const { format, parse } = require('./extension');
const {
  abortHandshake,
  emitErrorAndClose,
  kAborted
} = require('./failed-handshake');
const { acceptKey, connectionOptions } = require('./handshake');
const PerMessageDeflate = require('./permessage-deflate');
const { copyOptions, describeTarget, dropCredentials } = require('./redirect');

/** The opening handshake of one client, over all its redirects. */
class ClientHandshake {
  /**
   * @param {WebSocket} websocket The WebSocket
   * @param {Array} protocols The subprotocols
   * @param {Object} [options] The user's options
   * @throws {RangeError} If an option is out of range
   * @throws {TypeError} If an option is of the wrong type
   */
  constructor(websocket, protocols, options) {
    this.websocket = websocket;
    this.protocols = protocols;
    this.protocolNames = null;
    this.options = options;
    this.firstTarget = null;

    // These are of the current request.
    this.settings = resolveOptions(options);
    this.url = undefined;
    this.key = '';
    this.deflate = null;
  }

  /**
   * Sets the URL of the next request.
   *
   * @param {(String|URL)} address The URL, relative to the former one if any
   * @throws {SyntaxError} If no WebSocket can be opened for it
   */
  setUrl(address) {
    this.url = parseAddress(address, this.url);
    this.websocket._url = this.url.href;

    const problem = findUrlProblem(this.url);

    if (problem) throw new SyntaxError(problem);
  }

  /**
   * Sends a request for the current URL.
   *
   * @return {Object} The options of the request
   * @throws {SyntaxError} If a subprotocol is malformed
   */
  sendRequest() {
    const { settings, url, websocket } = this;

    addTarget(settings, url);

    const extensions = this.offerExtensions();

    this.protocolNames = checkProtocols(this.protocols);
    this.key = addHeaders(settings, extensions, this.protocols);

    if (settings.followRedirects) this.applyRedirectRules();

    const client = url.protocol === 'wss:' ? https : http;
    const req = client.request(settings);

    websocket._req = req;

    // A request the listener destroys must find the listeners below, so that
    // there is no way out of here even if it closes the WebSocket.
    if (websocket._redirects) websocket.emit('redirect', websocket.url, req);

    this.listen(req);

    if (settings.finishRequest) settings.finishRequest(req, websocket);
    else req.end();

    return settings;
  }

  /**
   * Offers permessage-deflate if it is wanted.
   *
   * @return {(String|undefined)} The value of `Sec-WebSocket-Extensions`
   */
  offerExtensions() {
    const { perMessageDeflate, maxPayload } = this.settings;

    if (!perMessageDeflate) return undefined;

    this.deflate = new PerMessageDeflate({
      ...perMessageDeflate,
      isServer: false,
      maxPayload
    });

    return format({ [PerMessageDeflate.extensionName]: this.deflate.offer() });
  }

  /**
   * Keeps credentials for the server they are meant for. A listener of the
   * `'redirect'` event takes that over.
   */
  applyRedirectRules() {
    const { settings, websocket } = this;
    const target = describeTarget(this.url, settings);

    if (websocket._redirects === 0) {
      this.firstTarget = target;
      this.options = copyOptions(this.options);
    } else if (websocket.listenerCount('redirect') === 0) {
      dropCredentials(settings, this.firstTarget, target);
    }

    // The user information of the first URL stays in force for later requests;
    // a header field of the user's own comes before it.
    if (settings.auth && !this.options.headers.authorization) {
      this.options.headers.authorization =
        'Basic ' + Buffer.from(settings.auth).toString('base64');
    }
  }

  /**
   * Listens for everything that can become of a request.
   *
   * @param {http.ClientRequest} req The request
   */
  listen(req) {
    if (this.settings.timeout) {
      req.on('timeout', () => {
        abortHandshake(this.websocket, req, 'Opening handshake has timed out');
      });
    }

    req.on('error', (err) => this.handleError(req, err));
    req.on('response', (res) => this.handleResponse(req, res));
    req.on('upgrade', (res, socket, head) => {
      this.handleUpgrade(res, socket, head);
    });
  }

  /**
   * @param {http.ClientRequest} req The request that failed
   * @param {Error} err The error
   */
  handleError(req, err) {
    const { websocket } = this;

    if (websocket._req !== req || req[kAborted]) return;

    websocket._req = null;
    emitErrorAndClose(websocket, err);
  }

  /**
   * @param {http.ClientRequest} req The request
   * @param {http.IncomingMessage} res A response other than 101
   */
  handleResponse(req, res) {
    const { settings, websocket } = this;
    const { statusCode } = res;
    const { location } = res.headers;

    if (
      location &&
      settings.followRedirects &&
      statusCode >= 300 &&
      statusCode < 400
    ) {
      this.redirect(req, location);
    } else if (!websocket.emit('unexpected-response', req, res)) {
      const message = `Unexpected server response: ${statusCode}`;

      abortHandshake(websocket, req, message);
    }
  }

  /**
   * Sends another request instead of one that was redirected.
   *
   * @param {http.ClientRequest} req The request that was redirected
   * @param {String} location Where to
   */
  redirect(req, location) {
    const { websocket } = this;

    if (++websocket._redirects > this.settings.maxRedirects) {
      abortHandshake(websocket, req, 'Maximum redirects exceeded');
      return;
    }

    req.abort();

    try {
      this.setUrl(location);
    } catch (err) {
      emitErrorAndClose(websocket, err);
      return;
    }

    this.settings = resolveOptions(this.options);
    this.sendRequest();
  }

  /**
   * @param {http.IncomingMessage} res A response with status 101
   * @param {Duplex} socket The connection
   * @param {Buffer} head What was received behind the response
   */
  handleUpgrade(res, socket, head) {
    const { settings, websocket } = this;

    websocket.emit('upgrade', res);

    // A listener may have closed the WebSocket.
    if (websocket.readyState !== CONNECTING) return;

    websocket._req = null;

    const problem =
      this.findResponseProblem(res.headers) ||
      this.acceptProtocol(res.headers['sec-websocket-protocol']) ||
      this.acceptExtensions(res.headers['sec-websocket-extensions']);

    if (problem) {
      abortHandshake(websocket, socket, problem);
    } else {
      websocket.setSocket(socket, head, {
        ...connectionOptions(settings),
        generateMask: settings.generateMask
      });
    }
  }

  /**
   * Checks that the server agreed to talk the WebSocket protocol and has read
   * the key (RFC 6455, section 4.1, response items 2 and 4).
   *
   * @param {Object} headers The header fields of the response
   * @return {(String|undefined)} What is wrong
   */
  findResponseProblem(headers) {
    const { upgrade } = headers;

    if (upgrade === undefined || upgrade.toLowerCase() !== 'websocket') {
      return 'Invalid Upgrade header';
    }

    if (headers['sec-websocket-accept'] !== acceptKey(this.key)) {
      return 'Invalid Sec-WebSocket-Accept header';
    }

    return undefined;
  }

  /**
   * Takes over the server's choice of a subprotocol (RFC 6455, section 4.1,
   * response item 6). The RFC lets a server choose none; here it has to.
   *
   * @param {String} [protocol] The choice
   * @return {(String|undefined)} What is wrong with it
   */
  acceptProtocol(protocol) {
    const names = this.protocolNames;

    if (protocol === undefined) {
      return names.size ? 'Server sent no subprotocol' : undefined;
    }

    if (!names.size) return 'Server sent a subprotocol but none was requested';
    if (!names.has(protocol)) return 'Server sent an invalid subprotocol';

    this.websocket._protocol = protocol;
    return undefined;
  }

  /**
   * Takes over the server's choice of extensions (RFC 6455, section 4.1,
   * response item 5).
   *
   * @param {String} [header] The value of `Sec-WebSocket-Extensions`
   * @return {(String|undefined)} What is wrong with it
   */
  acceptExtensions(header) {
    const name = PerMessageDeflate.extensionName;

    if (header === undefined) return undefined;

    if (!this.deflate) {
      return (
        'Server sent a Sec-WebSocket-Extensions header but no extension was ' +
        'requested'
      );
    }

    try {
      const { [name]: params, ...others } = parse(header);

      if (!params || Object.keys(others).length) {
        return 'Server indicated an extension that was not requested';
      }

      this.deflate.accept(params);
    } catch {
      return 'Invalid Sec-WebSocket-Extensions header';
    }

    this.websocket._extensions = { [name]: this.deflate };
    return undefined;
  }
}

/**
 * Starts the opening handshake of a client. The arguments behind the first are
 * those of the `WebSocket` constructor.
 *
 * @param {WebSocket} websocket The WebSocket
 * @param {(String|URL)} address The URL to connect to
 * @param {(String|String[]|Object)} [protocols] The subprotocols, or the options
 * @param {Object} [options] The options
 * @return {Object} The options with their defaults
 * @throws {RangeError} If an option is out of range
 * @throws {SyntaxError} If the URL or a subprotocol is malformed
 * @throws {TypeError} If an option is of the wrong type
 */
function connect(websocket, address, protocols, options) {
  if (
    typeof protocols === 'object' &&
    protocols !== null &&
    !Array.isArray(protocols)
  ) {
    options = protocols;
    protocols = undefined;
  }

  if (protocols === undefined && options) protocols = options.protocols;
  if (protocols === undefined) protocols = [];
  else if (!Array.isArray(protocols)) protocols = [protocols];

  const handshake = new ClientHandshake(websocket, protocols, options);

  websocket._redirects = 0;
  handshake.setUrl(address);
  return handshake.sendRequest();
}

module.exports = { connect };
