'use strict';

const {
  AsyncLocalStorage,
  AsyncResource,
  executionAsyncResource
} = require('async_hooks');

const { isNodeSince } = require('./node-version');

/** Here Node keeps the stores apart from resources, and cheaply. */
const hasFrames = isNodeSince(24);

/**
 * Captures the stores of `AsyncLocalStorage` that are in force, for listeners
 * that are called from a lane's batch.
 *
 * @param {Boolean} accepted Whether a server has accepted the connection: its
 *     socket has no context of its own where Node keeps stores apart
 * @return {(Function|null)} Calls a function (first argument) in this context,
 *     with the other arguments; `null` if there is no store
 */
function captureContext(accepted) {
  if (hasFrames) return accepted ? null : AsyncLocalStorage.snapshot();
  if (!hasStore(executionAsyncResource())) return null;

  const resource = new AsyncResource('WEBSOCKET');

  return (listener, ...args) =>
    resource.runInAsyncScope(listener, null, ...args);
}

/** Older versions keep a store under a symbol of its own in every resource. */
function hasStore(resource) {
  return Object.getOwnPropertySymbols(resource).some(
    (symbol) =>
      symbol.description === 'kResourceStore' && resource[symbol] !== undefined
  );
}

/**
 * Lets a callback see the stores that are in force now: what is sent in one tick
 * is written together, and its callbacks are called in a row.
 *
 * @param {Function} callback The callback of a send
 * @return {Function} What calls it
 */
function keepContext(callback) {
  const resource = new AsyncResource('WEBSOCKETCALLBACK');

  return (err) => resource.runInAsyncScope(callback, undefined, err);
}

module.exports = { captureContext, keepContext };
