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
const { npm, pack, packPlatform, root } = require('./support/packages');

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
 * Writes a file.
 *
 * @param {String} directory Where
 * @param {String} name Its name
 * @param {(String|Object)} content The content, or what is to be JSON
 */
function write(directory, name, content) {
  fs.writeFileSync(
    path.join(directory, name),
    typeof content === 'string' ? content : JSON.stringify(content)
  );
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
    await npm(directory, 'install', '--offline', await packPlatform(directory));

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

  it('takes the place of ws in dependencies', async () => {
    const user = path.join(directory, 'user');
    const project = path.join(directory, 'project');

    for (const name of [user, project]) fs.mkdirSync(name);
    write(user, 'package.json', {
      name: 'user-of-ws',
      version: '1.0.0',
      dependencies: { ws: '^8.0.0' }
    });
    write(user, 'index.js', 'module.exports = require("ws/package.json").name');
    write(project, 'package.json', {
      dependencies: {
        [`oxws-${platform}`]: await packPlatform(directory),
        'user-of-ws': (await pack(user, directory)).filename
      },
      overrides: { ws: tarball.filename }
    });
    await npm(project, 'install', '--offline');

    const { stdout } = await run(
      process.execPath,
      ['-p', 'require("user-of-ws")'],
      { cwd: project }
    );

    assert.strictEqual(stdout, 'oxws\n');
  });
});
