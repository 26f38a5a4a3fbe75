/**
 * Makes the checkouts whose suites are run, ready to run their tests.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const WORKSPACES = [
  'engine.io-parser',
  'engine.io',
  'engine.io-client',
  'socket.io-adapter',
  'socket.io-parser',
  'socket.io-client',
  'socket.io'
];

/**
 * By directory: `repository` and `commit`; of the development dependencies,
 * those to leave out (`without`) as only other tests need them, or npm has them
 * not; lines to `remove` from a file; npm scripts to run after the installation.
 */
const CHECKOUTS = {
  'socket.io': {
    repository: 'https://github.com/socketio/socket.io',
    commit: 'd2d753fed4435015c2d83fe62e676b44e07fa3f7',
    without: /webtransport|rollup|wdio|eiows|tsd|uWebSockets/,
    remove: { 'packages/socket.io/test/index.ts': '  require("./uws");\n' },
    scripts: WORKSPACES.map((name) => [
      'compile',
      `--workspace=packages/${name}`
    ])
  },
  'fastify-websocket': {
    repository: 'https://github.com/fastify/fastify-websocket',
    commit: '24f96003f88bcc67d02e9404012e620111bf34b9'
  },
  'graphql-ws': {
    repository: 'https://github.com/enisdenjo/graphql-ws',
    commit: 'af4f5c9df60d6b73667d7d90ad1b1c851d22b482',
    without: /rollup|bun-types|pkgroll|uWebSockets/
  },
  'koa-websocket': {
    repository: 'https://github.com/kudos/koa-websocket',
    commit: '99289c86bbc839b102d5a7e3be663a6af7d6a843'
  },
  mockttp: {
    repository: 'https://github.com/httptoolkit/mockttp',
    commit: '0d0ac2026d89930f0fe27f134a00539416d1adcc',
    without: /hardened-https-agent|karma|webpack/
  },
  mqtt: {
    repository: 'https://github.com/mqttjs/MQTT.js',
    commit: 'aa03369f5f5daf9b8a98339990cc3ced800a5051',
    without: /test-runner|release-it/
  },
  'ocpp-rpc': {
    repository: 'https://github.com/mikuso/ocpp-rpc',
    commit: 'd18163a024c90c8ad9f9141222ffad90b946f412'
  },
  'rpc-websockets': {
    repository: 'https://github.com/elpheria/rpc-websockets',
    commit: '3d1ce9892c576771dfc1b5724792da821b37c871',
    scripts: [['build']]
  }
};

/**
 * Runs a command in a directory.
 *
 * @param {String} cwd The directory
 * @param {String} command The command
 * @param {...String} args Its arguments
 * @throws {Error} If it fails; the message is the end of what it said
 */
function run(cwd, command, ...args) {
  const { error, status, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe']
  });

  if (error) throw error;
  if (status !== 0) {
    throw new Error(
      `${[command, ...args].join(' ')}: ${stderr.trim().slice(-LONGEST_REASON)}`
    );
  }
}

/** Most that is told of why a command has failed, in characters. */
const LONGEST_REASON = 500;

/**
 * Fetches one commit.
 *
 * @param {String} directory Where to
 * @param {Object} checkout Row of `CHECKOUTS`
 */
function fetchCommit(directory, { repository, commit }) {
  fs.mkdirSync(directory, { recursive: true });
  run(directory, 'git', 'init', '--quiet');
  run(directory, 'git', 'fetch', '--depth=1', repository, commit);
  run(directory, 'git', 'checkout', '--quiet', 'FETCH_HEAD');
}

/** Takes out of a checkout what its suite is not run with. */
function edit(directory, { without, remove = {} }) {
  for (const [name, text] of Object.entries(remove)) {
    const file = path.join(directory, name);

    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(text, ''));
  }

  if (without === undefined) return;

  const file = path.join(directory, 'package.json');
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));

  manifest.devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).filter(
      ([name]) => !without.test(name)
    )
  );
  fs.writeFileSync(file, JSON.stringify(manifest, null, 2));
  // It would bring them back.
  fs.rmSync(path.join(directory, 'package-lock.json'), { force: true });
}

/**
 * Makes a checkout unless it is there: fetches the commit from GitHub, installs
 * the dependencies from npm and compiles.
 *
 * @param {String} base The directory of all checkouts
 * @param {String} name The checkout's name
 * @return {String} Its directory
 * @throws {Error} If it cannot be made; the message tells what is needed
 */
export function setUp(base, name) {
  const directory = path.join(base, name);

  if (fs.existsSync(directory)) return directory;

  const checkout = CHECKOUTS[name];
  // Half a checkout must not be taken for a whole one.
  const unfinished = `${directory}.unfinished`;

  console.error(`Setting up ${directory} …`);
  fs.rmSync(unfinished, { force: true, recursive: true });

  try {
    fetchCommit(unfinished, checkout);
    edit(unfinished, checkout);
    run(unfinished, 'npm', 'install', '--legacy-peer-deps', '--no-audit');
    for (const script of checkout.scripts ?? []) {
      run(unfinished, 'npm', 'run', ...script);
    }
  } catch (error) {
    const { repository, commit } = checkout;

    fs.rmSync(unfinished, { force: true, recursive: true });

    throw new Error(
      `There is no ${directory}, and it cannot be made: it has to be a checkout ` +
        `of ${repository} at ${commit}, with dependencies installed and ` +
        `compiled. ${error.message}`,
      { cause: error }
    );
  }

  fs.renameSync(unfinished, directory);
  return directory;
}
