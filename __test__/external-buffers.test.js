'use strict';

// Runtimes that do not allow Buffers over memory that is not theirs.

const assert = require('assert');
const { execFile, spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { describe, it } = require('node:test');
const { promisify } = require('util');

const { platformName } = require('../lib/platform');

const run = promisify(execFile);

/** Why there is no test on this machine, if so. */
const skip =
  (!/^linux-.*-gnu$/.test(platformName()) && 'needs glibc') ||
  (spawnSync('cc', ['--version']).error && 'needs a C compiler') ||
  false;

describe('a runtime without external buffers', { timeout: 60000 }, () => {
  it('gets large messages all the same', { skip }, async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxws-'));
    const library = path.join(directory, 'refuse.so');

    try {
      await run('cc', [
        '-shared',
        '-fPIC',
        '-o',
        library,
        path.join(__dirname, 'fixtures', 'refuse-external-buffers.c'),
        '-ldl'
      ]);

      const { stderr, stdout } = await run(
        process.execPath,
        [path.join(__dirname, 'support', 'echo-program.js')],
        { env: { ...process.env, LD_PRELOAD: library } }
      );

      assert.strictEqual(stdout, '4,5000,500000 1000 bye\n');
      assert.match(stderr, /^refused$/m);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });
});
