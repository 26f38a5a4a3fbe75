'use strict';

// Further copies of the package in this thread, as test runners make them.

const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');
const vm = require('vm');

const root = path.join(__dirname, '..', '..');

/**
 * Loads the package anew, as after `jest.resetModules()`.
 *
 * @return {Function} Another `WebSocket` class
 */
function loadAgain() {
  for (const filename of Object.keys(require.cache)) {
    const isOurs = path.dirname(filename) === path.join(root, 'lib');

    // Node loads an addon once: there is no second copy of it.
    if (isOurs && filename.endsWith('.js')) delete require.cache[filename];
  }

  delete require.cache[path.join(root, 'index.js')];
  return require(root);
}

/**
 * Loads the package in a context of its own, as test runners do for every file.
 *
 * @param {Object} [extras] What its global object has besides Node's own
 * @return {Function} Another `WebSocket` class
 */
function loadInContext(extras) {
  const modules = new Map();
  const context = vm.createContext({
    Blob,
    Buffer,
    URL,
    clearTimeout,
    process,
    queueMicrotask,
    setImmediate,
    setTimeout,
    ...extras
  });

  function load(filename) {
    if (modules.has(filename)) return modules.get(filename).exports;

    const source = fs.readFileSync(filename, 'utf8');
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const run = vm.compileFunction(source, names, {
      filename,
      parsingContext: context
    });
    const outside = createRequire(filename);
    const module = { exports: {} };

    modules.set(filename, module);
    run(
      module.exports,
      (name) => {
        const target = outside.resolve(name);

        return target.endsWith('.js') ? load(target) : outside(name);
      },
      module,
      filename,
      path.dirname(filename)
    );
    return module.exports;
  }

  return load(path.join(root, 'index.js'));
}

module.exports = { loadAgain, loadInContext };
