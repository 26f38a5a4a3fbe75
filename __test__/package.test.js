'use strict';

// What is published, and what becomes of it on the machine of a user.

const assert = require('assert');
const { execFile } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { after, before, describe, it } = require('node:test');
const { promisify } = require('util');

const { platformName } = require('../lib/platform');
const manifest = require('../package.json');

const root = path.join(__dirname, '..');

/** A program for ws, after its first line. */
const ECHO = `
  const wss = new WebSocketServer({ port: 0 }, () => {
    const ws = new WebSocket('ws://localhost:' + wss.address().port);

    ws.on('open', () => ws.send('text'));
    ws.on('message', (data) => {
      console.log(data.toString());
      ws.close();
      wss.close();
    });
  });

  wss.on('connection', (ws) => {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
`;
const run = promisify(execFile);

/**
 * Runs npm.
 *
 * @param {String} cwd Where
 * @param {...String} args Its arguments
 * @return {Promise<String>} What it printed
 */
async function npm(cwd, ...args) {
  const shell = process.platform === 'win32';
  const { stdout } = await run('npm', args, { cwd, shell });

  return stdout;
}

/**
 * Makes the tarball of a package.
 *
 * @param {String} directory The package
 * @param {String} destination Where to put it
 * @return {Promise<{filename: String, files: String[]}>} The tarball and what
 *     is in it
 */
async function pack(directory, destination) {
  const output = await npm(
    directory,
    'pack',
    '--ignore-scripts',
    '--json',
    `--pack-destination=${destination}`
  );
  const [{ filename, files }] = JSON.parse(output);

  return {
    filename: path.join(destination, filename),
    files: files.map((file) => file.path).sort()
  };
}

function listManifests() {
  return fs.readdirSync(path.join(root, 'npm')).map((name) => ({
    name,
    platform: require(path.join(root, 'npm', name, 'package.json'))
  }));
}

/** What the CLI of napi-rs calls the platform of a Rust target. */
function nameOfTarget(target) {
  const [cpu, , system, abi] = target.split('-');
  const arch = { aarch64: 'arm64', x86_64: 'x64' }[cpu];
  const platform = { windows: 'win32' }[system] || system;

  return [platform, arch, abi].filter(Boolean).join('-');
}

describe('package', { timeout: 120000 }, () => {
  it('runs nothing when a user installs it', () => {
    for (const { scripts = {} } of [
      manifest,
      ...listManifests().map(({ platform }) => platform)
    ]) {
      for (const name of ['preinstall', 'install', 'postinstall']) {
        assert.strictEqual(scripts[name], undefined);
      }
    }
  });

  it('has no dependencies', () => {
    assert.strictEqual(manifest.dependencies, undefined);
    assert.strictEqual(manifest.peerDependencies, undefined);
  });

  it('has a platform package for every target', () => {
    assert.deepStrictEqual(
      listManifests().map(({ name }) => name),
      manifest.napi.targets.map(nameOfTarget).sort()
    );
  });

  for (const { name, platform } of listManifests()) {
    it(`describes ${name}`, () => {
      const [system, cpu, abi] = name.split('-');
      const libc = { gnu: 'glibc', musl: 'musl' }[abi];

      assert.strictEqual(platform.name, `${manifest.name}-${name}`);
      assert.strictEqual(platform.version, manifest.version);
      assert.deepStrictEqual(platform.engines, manifest.engines);
      assert.deepStrictEqual(platform.os, [system]);
      assert.deepStrictEqual(platform.cpu, [cpu]);
      assert.deepStrictEqual(platform.libc, libc && [libc]);
      assert.strictEqual(platform.main, `oxws.${name}.node`);
      assert.deepStrictEqual(platform.files, [platform.main]);
    });
  }

  it('has the names of ws, whether required or imported', async () => {
    const [oxws, ws] = await Promise.all([import('oxws'), import('ws')]);

    assert.deepStrictEqual(Object.keys(oxws), Object.keys(ws));
    assert.deepStrictEqual(
      Object.keys(require('oxws')),
      Object.keys(require('ws'))
    );
    assert.strictEqual(oxws.default, require('oxws'));
    assert.strictEqual(require('oxws/package.json'), manifest);
    assert.throws(() => require('oxws/lib/websocket'), {
      code: 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    });
  });

  it('says so if it cannot be built because there is no cargo', async () => {
    await assert.rejects(
      run(process.execPath, [path.join(root, 'scripts', 'build.mjs')], {
        env: { PATH: __dirname }
      }),
      { code: 1, stderr: /^oxws is built from source .* Rust toolchain: .*\n$/ }
    );
  });

  it('tells bundlers for browsers that it is of no use there', () => {
    assert.throws(require('../browser'), /does not work in the browser/);
  });
});

describe('package, installed in place of ws', { timeout: 120000 }, () => {
  const platform = platformName();
  let directory;
  let tarball;

  before(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));
    tarball = await pack(root, directory);
    fs.writeFileSync(path.join(directory, 'package.json'), '{}');
    await npm(directory, 'install', '--offline', `ws@${tarball.filename}`);
  });

  after(() => fs.rmSync(directory, { recursive: true }));

  it('consists of JavaScript, types and documentation', () => {
    const lib = fs
      .readdirSync(path.join(root, 'lib'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => `lib/${name}`);

    assert.deepStrictEqual(
      tarball.files,
      [
        'LICENSE',
        'README.md',
        'browser.js',
        'index.d.ts',
        'index.js',
        'package.json',
        'wrapper.d.mts',
        'wrapper.mjs',
        ...lib
      ].sort()
    );
  });

  it('says so if the addon is missing', async () => {
    await assert.rejects(
      run(process.execPath, ['-e', 'require("ws")'], { cwd: directory }),
      new RegExp(`The native addon of oxws for ${platform} is missing`)
    );
  });

  it('works with the addon of the platform package', async () => {
    const addon = `oxws.${platform}.node`;
    const source = path.join(directory, 'platform');

    fs.cpSync(path.join(root, 'npm', platform), source, { recursive: true });
    fs.copyFileSync(path.join(root, 'lib', addon), path.join(source, addon));

    const { filename } = await pack(source, directory);

    await npm(directory, 'install', '--offline', filename);

    for (const [type, line] of [
      ['commonjs', 'const { WebSocket, WebSocketServer } = require("ws");'],
      ['module', 'import { WebSocket, WebSocketServer } from "ws";']
    ]) {
      const { stdout } = await run(
        process.execPath,
        [`--input-type=${type}`, '-e', line + ECHO],
        { cwd: directory, timeout: 20000 }
      );

      assert.strictEqual(stdout, 'text\n');
    }
  });
});
