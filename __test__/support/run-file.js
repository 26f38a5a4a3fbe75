'use strict';

const { fork } = require('child_process');
const path = require('path');

const EXIT_LIMIT = 5000;

/**
 * Runs the scenarios of a file in a process of their own. If that process
 * dies, the scenario it was at has failed and another process goes on.
 *
 * @param {String} filename The file
 * @param {Object} implementation See implementations.js
 * @param {Object[]} scenarios The scenarios of the file
 * @return {Promise<{scenarios: Object[], exit: String}>} What each produced,
 *     and how the last process ended
 */
async function runFile(filename, implementation, scenarios) {
  const results = [];
  let exit;

  do {
    exit = await runFrom(filename, implementation, results, scenarios.length);

    if (results.length < scenarios.length) {
      results.push({ trace: {}, failure: `the process died with ${exit}` });
    }
  } while (results.length < scenarios.length);

  return { scenarios: results, exit };
}

/**
 * Runs the scenarios that have no result yet, until one kills the process.
 *
 * @param {String} filename The file
 * @param {Object} implementation See implementations.js
 * @param {Object[]} results Gets the results
 * @param {Number} total How many scenarios there are
 * @return {Promise<String>} How the process ended
 */
function runFrom(filename, implementation, results, total) {
  return new Promise((resolve) => {
    let timer;
    const child = fork(
      path.join(__dirname, 'run-scenarios.js'),
      [filename, implementation.module, String(results.length)],
      {
        env: { ...process.env, NODE_TEST_CONTEXT: '', ...implementation.env },
        execArgv: ['--no-warnings']
      }
    );

    child.on('message', (result) => {
      results.push(result);

      if (results.length === total) {
        timer = setTimeout(() => child.kill('SIGKILL'), EXIT_LIMIT);
      }
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ? `signal ${signal}` : `code ${code}`);
    });
  });
}

module.exports = { runFile };
