'use strict';

const {
  checkResponse,
  chooseOffer,
  readParameters
} = require('./deflate-negotiation');
const { createError } = require('./errors');
const { toBuffer } = require('./frame');
const { binding } = require('./native');
const { clearImmediate, setImmediate } = require('./turns');

const EXTENSION_NAME = 'permessage-deflate';

/** Messages with fewer bytes are sent plain if they would share no context. */
const DEFAULT_THRESHOLD = 1024;

const DEFAULT_WINDOW_BITS = 15;

/** What zlib takes -1, its default level, for. */
const DEFAULT_LEVEL = 6;

/** Ranges and defaults of the options of `zlib` that compression depends on. */
const ZLIB_RANGES = {
  level: { min: -1, max: 9, fallback: -1 },
  memLevel: { min: 1, max: 9, fallback: 8 },
  strategy: { min: 0, max: 4, fallback: 0 }
};

/** The permessage-deflate extension of one connection (RFC 7692). */
class PerMessageDeflate {
  /**
   * @param {Object} [options] What to negotiate and how to compress
   * @param {(Boolean|Number)} [options.clientMaxWindowBits] The client's
   *     window, 8 to 15; `false` rules the parameter out
   * @param {Boolean} [options.clientNoContextTakeover] Whether the client's
   *     messages must not share a context; `false` rules that out
   * @param {Number} [options.concurrencyLimit] Accepted and not needed: nothing
   *     is queued for the thread pool
   * @param {Boolean} [options.isServer=false] Side of the connection
   * @param {Number} [options.maxPayload=0] Bytes of a message; 0: no limit
   * @param {(Boolean|Number)} [options.serverMaxWindowBits] The server's
   *     window, 8 to 15; `false` rules the parameter out
   * @param {Boolean} [options.serverNoContextTakeover] Whether the server's
   *     messages must not share a context; `false` rules that out
   * @param {Number} [options.threshold=1024] Messages with fewer bytes are sent
   *     plain if ours share no context
   * @param {Object} [options.zlibDeflateOptions] `level`, `memLevel`,
   *     `strategy` and `dictionary` as in the `zlib` module
   * @param {Object} [options.zlibInflateOptions] `dictionary` as in the `zlib`
   *     module
   */
  constructor(options) {
    this._options = options || {};
    this._threshold = this._options.threshold;
    this._maxPayload = this._options.maxPayload | 0;
    this._isServer = Boolean(this._options.isServer);

    if (this._threshold === undefined) this._threshold = DEFAULT_THRESHOLD;

    /** What was agreed, once it was. */
    this.params = null;

    this._codec = null;
    this._jobs = new Set();
  }

  /** @type {String} */
  static get extensionName() {
    return EXTENSION_NAME;
  }

  /**
   * Makes the client's offer.
   *
   * @return {Object} Its parameters by name
   */
  offer() {
    const { _options: options } = this;
    const params = {};

    if (options.serverNoContextTakeover) {
      params.server_no_context_takeover = true;
    }

    if (options.clientNoContextTakeover) {
      params.client_no_context_takeover = true;
    }

    if (options.serverMaxWindowBits) {
      params.server_max_window_bits = options.serverMaxWindowBits;
    }

    const clientBits = options.clientMaxWindowBits ?? true;

    if (clientBits) params.client_max_window_bits = clientBits;

    return params;
  }

  /**
   * Concludes the negotiation: chooses one of the client's offers, or checks
   * the server's response.
   *
   * @param {Object[]} configurations Offers or responses as parsed: lists of
   *     values by parameter name
   * @return {Object} The agreed parameters by name
   * @throws {(Error|TypeError)} If there is nothing to agree on
   */
  accept(configurations) {
    const choices = configurations.map((configuration) =>
      readParameters(configuration, this._isServer)
    );

    this.params = this._isServer
      ? chooseOffer(choices, this._options)
      : checkResponse(choices[0], this._options);

    return this.params;
  }

  /**
   * What the native engine has to know.
   *
   * @return {Object} Numbers and flags of both directions
   * @throws {(RangeError|TypeError)} If an option for zlib is not valid
   * @private
   */
  engineOptions() {
    const { zlibDeflateOptions, zlibInflateOptions } = this._options;
    const [own, other] = this._isServer
      ? ['server', 'client']
      : ['client', 'server'];
    const level = zlibOption(zlibDeflateOptions, 'level');

    return {
      sendWindowBits: this._windowBits(own),
      sendContextTakeover: this._contextTakeover(own),
      receiveWindowBits: this._windowBits(other),
      receiveContextTakeover: this._contextTakeover(other),
      level: level === -1 ? DEFAULT_LEVEL : level,
      memLevel: zlibOption(zlibDeflateOptions, 'memLevel'),
      strategy: zlibOption(zlibDeflateOptions, 'strategy'),
      threshold: Number(this._threshold),
      sendDictionary: dictionary(zlibDeflateOptions),
      receiveDictionary: dictionary(zlibInflateOptions)
    };
  }

  _windowBits(side) {
    const bits = this.params[`${side}_max_window_bits`];

    return typeof bits === 'number' ? bits : DEFAULT_WINDOW_BITS;
  }

  _contextTakeover(side) {
    return !this.params[`${side}_no_context_takeover`];
  }

  /**
   * Compresses a fragment of a message.
   *
   * @param {(Buffer|String)} data The fragment
   * @param {Boolean} fin Whether it is the last one
   * @param {Function} callback Called with an error or the compressed Buffer
   */
  compress(data, fin, callback) {
    this._schedule('deflate', callback, (codec) => {
      callback(null, codec.compress(toBuffer(data), fin));
    });
  }

  /**
   * Decompresses a fragment of a message.
   *
   * @param {Buffer} data The compressed fragment
   * @param {Boolean} fin Whether it is the last one
   * @param {Function} callback Called with an error or the decompressed Buffer
   */
  decompress(data, fin, callback) {
    this._schedule('inflate', callback, (codec) => {
      const limit = Math.max(0, this._maxPayload);
      const result = codec.decompress(toBuffer(data), fin, limit);

      if (Buffer.isBuffer(result)) callback(null, result);
      else callback(createError(result.number, result.detail));
    });
  }

  /** Gives the contexts back. What has not been done yet fails. */
  cleanup() {
    const jobs = [...this._jobs];

    this._codec = null;
    this._jobs.clear();

    for (const { immediate, stream, callback } of jobs) {
      clearImmediate(immediate);
      callback(
        new Error(
          `The ${stream} stream was closed while data was being processed`
        )
      );
    }
  }

  /** Runs a job in a later turn of the event loop, after all earlier ones. */
  _schedule(stream, callback, run) {
    const job = { immediate: null, stream, callback };

    job.immediate = setImmediate(() => {
      this._jobs.delete(job);

      try {
        if (!this._codec) {
          this._codec = new binding.MessageCodec(this.engineOptions());
        }
      } catch (err) {
        callback(err);
        return;
      }

      run(this._codec);
    });
    this._jobs.add(job);
  }
}

module.exports = PerMessageDeflate;

/**
 * Reads an option of the `zlib` module as that module does.
 *
 * @param {Object} [options] The options
 * @param {String} name The option's name
 * @return {Number} Its value or its default
 * @throws {(RangeError|TypeError)} If the value is not valid
 */
function zlibOption(options, name) {
  const { min, max, fallback } = ZLIB_RANGES[name];
  const value = options ? options[name] : undefined;

  if (value === undefined || Number.isNaN(value)) return fallback;

  if (typeof value !== 'number') {
    throw Object.assign(
      new TypeError(`The "options.${name}" property must be of type number`),
      { code: 'ERR_INVALID_ARG_TYPE' }
    );
  }

  if (value < min || value > max) {
    throw Object.assign(
      new RangeError(
        `The value of "options.${name}" is out of range. It must be >= ` +
          `${min} and <= ${max}. Received ${value}`
      ),
      { code: 'ERR_OUT_OF_RANGE' }
    );
  }

  return Math.trunc(value);
}

function dictionary(options) {
  const bytes = options && options.dictionary;

  return bytes === undefined ? undefined : toBuffer(bytes);
}
