'use strict';

// The package in a bundle, for which the addon has to stay a file of its own.

const assert = require('assert');
const { execFile } = require('child_process');
const esbuild = require('esbuild');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { after, before, describe, it } = require('node:test');
const { promisify } = require('util');

const { platformName } = require('../lib/platform');

const run = promisify(execFile);
const addon = `oxws.${platformName()}.node`;
const entry = path.join(__dirname, 'support', 'echo-program.js');

describe('a bundle', { timeout: 60000 }, () => {
  let directory;

  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));
  });

  after(() => fs.rmSync(directory, { recursive: true }));

  /** Bundles a program, for Node.js unless told otherwise. */
  function bundle(name, options) {
    const outfile = path.join(directory, name);

    return esbuild
      .build({
        bundle: true,
        entryPoints: [entry],
        logLevel: 'silent',
        minify: true,
        outfile,
        platform: 'node',
        ...options
      })
      .then(() => outfile);
  }

  /** Makes ECMAScript modules know `require()`, which esbuild leaves to us. */
  const banner = {
    js: `import { createRequire } from 'node:module';
      import { dirname } from 'node:path';
      import { fileURLToPath } from 'node:url';
      const require = createRequire(import.meta.url);
      const __dirname = dirname(fileURLToPath(import.meta.url));`
  };

  for (const [name, options] of [
    ['bundle.cjs', { format: 'cjs' }],
    ['bundle.mjs', { format: 'esm', banner }]
  ]) {
    it(`finds the addon beside it (${name})`, async () => {
      const filename = await bundle(name, options);

      fs.copyFileSync(
        path.join(__dirname, '..', 'lib', addon),
        path.join(directory, addon)
      );

      const { stdout } = await run(process.execPath, [filename]);

      fs.rmSync(path.join(directory, addon));
      assert.strictEqual(stdout, '4,5000,500000 1000 bye\n');
    });

    it(`finds the addon as a package (${name})`, async () => {
      const filename = await bundle(name, options);
      const modules = path.join(directory, 'node_modules');
      const folder = path.join(modules, `oxws-${platformName()}`);

      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(
        path.join(folder, 'package.json'),
        JSON.stringify({ main: addon })
      );
      fs.copyFileSync(
        path.join(__dirname, '..', 'lib', addon),
        path.join(folder, addon)
      );

      const { stdout } = await run(process.execPath, [filename]);

      fs.rmSync(modules, { recursive: true });
      assert.strictEqual(stdout, '4,5000,500000 1000 bye\n');
    });
  }

  it('for browsers says that it is of no use there', async () => {
    const stdin = {
      contents: 'import WebSocket from "oxws"; new WebSocket("ws://localhost")',
      resolveDir: __dirname
    };
    const filename = await bundle('browser.js', {
      entryPoints: undefined,
      platform: 'browser',
      stdin
    });

    await assert.rejects(run(process.execPath, [filename]), {
      stderr: /does not work in the browser/
    });
  });
});
