'use strict';

/**
 * Names the server a request goes to.
 *
 * @param {URL} url The URL
 * @param {Object} options The options of the request
 * @return {Object} What redirects are compared by
 */
function describeTarget(url, options) {
  const isIpc = url.protocol === 'ws+unix:';

  return {
    isIpc,
    isSecure: url.protocol === 'wss:',
    authority: isIpc ? options.socketPath : url.host
  };
}

/**
 * Copies options and their header fields, so that the user's objects need not
 * be changed.
 *
 * @param {Object} [options] The user's options
 * @return {Object} The copy. The names of its header fields are in lower case
 */
function copyOptions(options) {
  const copy = { ...options, headers: {} };

  for (const [name, value] of Object.entries((options || {}).headers || {})) {
    copy.headers[name.toLowerCase()] = value;
  }

  return copy;
}

/**
 * Drops what the first server was trusted with from a request that goes to
 * another one, or that could be read on the way while the first one could not.
 *
 * @param {Object} options The options of the request
 * @param {Object} first The target of the first request
 * @param {Object} target The target of this request
 */
function dropCredentials(options, first, target) {
  const isSameHost =
    target.isIpc === first.isIpc && target.authority === first.authority;

  if (isSameHost && (target.isSecure || !first.isSecure)) return;

  delete options.headers.authorization;
  delete options.headers.cookie;

  if (!isSameHost) delete options.headers.host;

  options.auth = undefined;
}

module.exports = { copyOptions, describeTarget, dropCredentials };
