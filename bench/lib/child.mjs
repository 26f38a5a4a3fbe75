/**
 * A child process that talks in lines of JSON.
 */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

/** Neither process of a run is ever silent for so long, in milliseconds. */
const PATIENCE = 120_000;

/** What to look for in the last words of a process, most telling first. */
const TELLING = [/GLIBC_/, /^\w*Error: /, /^load: /, /error/i];

/** Whether there are two cores to give to the two processes of a run. */
export const canPin =
  process.platform === 'linux' && availableParallelism() > 1;

/** A running process. */
export class Child {
  #process;
  #lines = [];
  #waiting = null;
  #errors = '';
  #over = null;

  /**
   * @param {string[]} command
   * @param {Object} [options]
   * @param {number} [options.core] The only core it may use
   * @param {Object<string, string>} [options.env] More environment variables
   */
  constructor(command, { core, env } = {}) {
    const pin =
      core === undefined || !canPin ? [] : ['taskset', '-c', `${core}`];
    const [file, ...args] = [...pin, ...command];
    this.#process = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    });
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => this.#receive(line));
    this.#process.stderr.on('data', (data) => (this.#errors += data));
    this.#process.on('error', (error) => this.#end(error));
    this.exited = new Promise((resolve) => {
      this.#process.on('close', (code, signal) => {
        this.#end(new Error(this.#lastWords(code ?? signal)));
        resolve();
      });
    });
  }

  /** @return {number} */
  get pid() {
    return this.#process.pid;
  }

  #receive(line) {
    if (!line.startsWith('{')) return;
    this.#lines.push(JSON.parse(line));
    this.#waiting?.resolve();
  }

  #end(error) {
    this.#over ??= error;
    this.#waiting?.reject(this.#over);
  }

  #lastWords(code) {
    const lines = this.#errors.split('\n').filter((line) => line.trim());
    const telling = TELLING.map((pattern) =>
      lines.find((line) => pattern.test(line))
    ).find(Boolean);
    return (telling ?? lines[0] ?? `ended with ${code}`).trim();
  }

  /**
   * The next line that the process prints.
   *
   * @return {Promise<Object>}
   */
  async next() {
    if (this.#lines.length === 0) {
      if (this.#over) throw this.#over;
      const timer = setTimeout(
        () => this.#end(new Error('no sign of life')),
        PATIENCE
      );
      await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      }).finally(() => {
        this.#waiting = null;
        clearTimeout(timer);
      });
    }
    return this.#lines.shift();
  }

  /** Ends the process and waits until it is gone. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}
