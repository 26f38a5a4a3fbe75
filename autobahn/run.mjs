// Runs the suite once.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** How often to look whether the suite listens, and how many times, in ms. */
const LOOK_INTERVAL = 100;
const LOOKS = 200;

/** Below the ephemeral ports of every system. */
const FIRST_PORT = 20000;
const LAST_PORT = 30000;

/** One role of oxws on one transport. */
export class Run {
  /**
   * @param {String} role 'server' or 'client'
   * @param {String} transport 'lane' or 'stream'
   */
  constructor(role, transport) {
    this.role = role;
    this.transport = transport;
    this.name = `${role}-${transport}`;

    /** Where the reports go, as HTML and JSON. */
    this.directory = `${root}target/autobahn/reports/${this.name}`;
  }

  /**
   * Runs cases.
   *
   * @param {String} wstest The command that runs the suite
   * @param {String[]} cases The cases, by their numbers; `*` stands for any
   * @return {Promise<Object>} The results by the numbers of the cases
   */
  async run(wstest, cases) {
    this.wstest = wstest;
    this.cases = cases;

    await rm(this.directory, { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
    await (this.role === 'server' ? this.testServer() : this.testClient());

    const index = readFileSync(`${this.directory}/index.json`, 'utf8');
    return JSON.parse(index)[this.name];
  }

  async testServer() {
    const server = this.startOxws('echo-server.mjs');

    try {
      const [port] = await once(createInterface(server.stdout), 'line');
      const url = `ws://127.0.0.1:${port}`;
      const suite = await this.startSuite('fuzzingclient', {
        servers: [{ agent: this.name, url }]
      });

      try {
        await Promise.race([succeeds(suite), lives(server)]);
      } finally {
        suite.kill();
      }
    } finally {
      server.kill();
    }
  }

  async testClient() {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    const suite = await this.startSuite('fuzzingserver', { url });

    try {
      await untilListening(port);
      await succeeds(this.startOxws('echo-client.mjs', url, this.name));
    } finally {
      suite.kill();
    }
  }

  /** Starts a program that uses oxws. */
  startOxws(program, ...args) {
    return spawn(process.execPath, [`${root}autobahn/${program}`, ...args], {
      env: { ...process.env, OXWS_TRANSPORT: this.transport },
      stdio: ['ignore', 'pipe', 'inherit']
    });
  }

  /** Starts the suite; it writes to a file what it has to say. */
  async startSuite(mode, settings) {
    const specification = `${this.directory}/specification.json`;

    await writeFile(
      specification,
      JSON.stringify({ outdir: this.directory, cases: this.cases, ...settings })
    );

    const log = openSync(`${this.directory}/suite.log`, 'w');
    const suite = spawn(
      this.wstest,
      ['--mode', mode, '--spec', specification, '--webport', '0'],
      { stdio: ['ignore', log, log] }
    );

    closeSync(log);
    return suite;
  }
}

/**
 * @param {ChildProcess} child A process that has to end by itself, well
 */
async function succeeds(child) {
  const [code, signal] = await once(child, 'exit');

  if (code !== 0) throw endOf(child, code, signal);
}

/**
 * @param {ChildProcess} child A process that must not end
 */
async function lives(child) {
  throw endOf(child, ...(await once(child, 'exit')));
}

function endOf(child, code, signal) {
  const command = child.spawnargs.join(' ');

  return new Error(`${command} has ended with ${signal || `code ${code}`}`);
}

/**
 * The suite has to be told its port. It is none of those that the system gives to
 * outgoing connections: until the suite listens, one to that port could otherwise
 * come from that port, and have itself as its other end.
 *
 * @return {Promise<Number>} A port nobody listens on
 */
async function freePort() {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    // On all addresses, as the suite will.
    const server = createServer().listen(port);
    const free = await new Promise((resolve) => {
      server.on('listening', () => resolve(true));
      server.on('error', () => resolve(false));
    });

    if (free) {
      server.close();
      await once(server, 'close');
      return port;
    }
  }
}

/**
 * Waits for a server to start.
 *
 * @param {Number} port Its port
 */
async function untilListening(port) {
  for (let i = 0; i < LOOKS; i++) {
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });

    socket.destroy();
    if (connected) return;
    await delay(LOOK_INTERVAL);
  }

  throw new Error('The suite does not listen; see its log');
}
