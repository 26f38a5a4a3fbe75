'use strict';

const { spawn } = require('child_process');
const { once } = require('events');
const path = require('path');

const root = path.join(__dirname, '..', '..');

/** A program of Node.js that runs in a process of its own. */
class Program {
  /**
   * @param {String} filename Its path in the repository
   * @param {String[]} [args] Its arguments
   * @param {Object} [env] Additions to its environment; a server listens on any
   *     free port by default
   */
  constructor(filename, args = [], env = {}) {
    this.filename = filename;
    this.output = '';
    this.child = spawn(process.execPath, [filename, ...args], {
      cwd: root,
      env: { ...process.env, PORT: '0', ...env }
    });

    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        this.child.emit('output');
      });
    }
  }

  /**
   * Waits for something to be printed.
   *
   * @param {RegExp} pattern What to wait for
   * @return {Promise<RegExpMatchArray>} The match
   */
  async prints(pattern) {
    const closed = once(this.child, 'close').then(() => true);

    for (;;) {
      const match = this.output.match(pattern);

      if (match) return match;

      if ((await Promise.race([once(this.child, 'output'), closed])) === true) {
        throw new Error(
          `${this.filename} has ended and not printed ${pattern}:\n${this.output}`
        );
      }
    }
  }

  /**
   * @return {Promise<String>} The URL a server prints when it listens
   */
  async url() {
    return (await this.prints(/Listening on (\w+:\/\/\S+)/))[1];
  }

  /** Ends the program and waits until it has. */
  async stop() {
    const { child } = this;

    if (child.exitCode !== null || child.signalCode !== null) return;

    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

module.exports = { Program };
