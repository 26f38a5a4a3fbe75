'use strict';

const { fork } = require('child_process');
const path = require('path');

/**
 * Runs scenarios on one transport, in a process of their own.
 *
 * @param {Object} implementation See ../support/implementations.js
 * @param {Object} task What to run, see run-seeds.js
 * @param {Function} onReport Gets the lines of each report
 * @return {Promise<{summary: (Object|null), at: String, exit: String}>} How it
 *     went; without a summary if the process died, which was `at` a scenario
 */
function start({ env, module, name }, task, onReport) {
  return new Promise((resolve) => {
    let at = 'the start';
    let summary = null;
    const child = fork(
      path.join(__dirname, 'run-seeds.js'),
      [JSON.stringify({ ...task, module, transport: name })],
      {
        env: { ...process.env, NODE_TEST_CONTEXT: '', ...env },
        execArgv: ['--no-warnings']
      }
    );

    child.on('message', (message) => {
      if (message.at) at = message.at;
      if (message.lines) onReport(message.lines);
      if (message.summary) summary = message.summary;
    });
    child.on('exit', (code, signal) => {
      resolve({ summary, at, exit: signal || `code ${code}` });
    });
  });
}

module.exports = { start };
