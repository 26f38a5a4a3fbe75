'use strict';

// What both sides of permessage-deflate agree on (RFC 7692, section 7.1).

/** RFC 7692, section 7.1.2: 8 to 15, in decimal, without leading zeros. */
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/** How the value of each parameter is read; `undefined` if it is not valid. */
const PARAMETERS = {
  __proto__: null,
  client_max_window_bits: (value, isServer) =>
    // An offer may just say that the client understands the parameter.
    isServer && value === true ? true : readWindowBits(value),
  client_no_context_takeover: readFlag,
  server_max_window_bits: readWindowBits,
  server_no_context_takeover: readFlag
};

module.exports = { checkResponse, chooseOffer, readParameters };

/**
 * Reads the parameters of an offer or a response.
 *
 * @param {Object} configuration Lists of values by parameter name
 * @param {Boolean} isServer Whether it is an offer
 * @return {Object} Values by parameter name
 * @throws {(Error|TypeError)} If one is not known, repeated or not valid
 */
function readParameters(configuration, isServer) {
  const params = Object.create(Object.getPrototypeOf(configuration));

  for (const name of Object.keys(configuration)) {
    const values = configuration[name];

    if (values.length > 1) {
      throw new Error(`Parameter "${name}" must have only a single value`);
    }

    if (!PARAMETERS[name]) throw new Error(`Unknown parameter "${name}"`);

    params[name] = PARAMETERS[name](values[0], isServer);

    if (params[name] === undefined) {
      throw new TypeError(
        `Invalid value for parameter "${name}": ${values[0]}`
      );
    }
  }

  return params;
}

function readFlag(value) {
  return value === true ? true : undefined;
}

function readWindowBits(value) {
  return WINDOW_BITS.test(value) ? Number(value) : undefined;
}

/**
 * Chooses the first offer that the server's options allow.
 *
 * @param {Object[]} offers The client's offers, in its order of preference
 * @param {Object} options The server's options
 * @return {Object} The parameters of the response
 * @throws {Error} If none can be accepted
 */
function chooseOffer(offers, options) {
  const params = offers.find((offer) => isAcceptable(offer, options));

  if (!params) throw new Error('None of the extension offers can be accepted');

  const { serverMaxWindowBits, clientMaxWindowBits } = options;

  if (options.serverNoContextTakeover) params.server_no_context_takeover = true;
  if (options.clientNoContextTakeover) params.client_no_context_takeover = true;

  if (typeof serverMaxWindowBits === 'number') {
    params.server_max_window_bits = serverMaxWindowBits;
  }

  if (typeof clientMaxWindowBits === 'number') {
    params.client_max_window_bits = clientMaxWindowBits;
  } else if (
    clientMaxWindowBits === false ||
    params.client_max_window_bits === true
  ) {
    delete params.client_max_window_bits;
  }

  return params;
}

function isAcceptable(offer, options) {
  return (
    !(
      options.serverNoContextTakeover === false &&
      offer.server_no_context_takeover
    ) &&
    allowsServerWindow(offer.server_max_window_bits, options) &&
    allowsClientWindow(offer.client_max_window_bits, options)
  );
}

/** Whether the window that we shall not exceed is one we can do with. */
function allowsServerWindow(offered, { serverMaxWindowBits: wanted }) {
  if (offered === undefined) return true;

  return wanted !== false && !(typeof wanted === 'number' && wanted > offered);
}

/** Whether the client can be told to use the window we want. */
function allowsClientWindow(offered, { clientMaxWindowBits: wanted }) {
  if (typeof wanted !== 'number') return true;

  return offered === true || (typeof offered === 'number' && wanted <= offered);
}

/**
 * Checks the server's response.
 *
 * @param {Object} params Its parameters
 * @param {Object} options The client's options
 * @return {Object} The agreed parameters
 * @throws {Error} If it says what was ruled out
 */
function checkResponse(params, options) {
  const { clientMaxWindowBits: wanted } = options;
  const bits = params.client_max_window_bits;

  if (
    options.clientNoContextTakeover === false &&
    params.client_no_context_takeover
  ) {
    throw new Error('Unexpected parameter "client_no_context_takeover"');
  }

  if (bits === undefined) {
    if (typeof wanted === 'number') params.client_max_window_bits = wanted;
  } else if (
    wanted === false ||
    (typeof wanted === 'number' && bits > wanted)
  ) {
    throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
  }

  return params;
}
