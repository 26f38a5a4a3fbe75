/**
 * Runs tests of the package with an addon that AddressSanitizer watches: an access
 * to memory that is not the addon's to touch ends the test.
 *
 * Usage: npm run test:sanitize -- [test file...]. Needs the sanitizer's library of
 * the LLVM that the compiler is made with, as in Debian's `libclang-rt-22-dev`.
 * Only for Linux.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import platform from '../lib/platform.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const addon = join(root, `lib/oxws.${platform.platformName()}.node`);
const target = join(root, 'target/sanitize');

/**
 * What moves bytes in all the ways there are, and what breaks off in the middle.
 * The addon is slow like this: tests of large compressed messages take too long.
 */
const TESTS = [
  'attacks',
  'binary-types',
  'closing',
  'compressed-sends',
  'lane',
  'lifecycle',
  'receiving-errors',
  'send'
].map((name) => `__test__/${name}.test.js`);

/**
 * Runs a program.
 *
 * @param {String} program Its name
 * @param {String[]} args Its arguments
 * @param {Object} options Options of `spawnSync()`
 * @return {Object} How it ended
 */
function run(program, args, options) {
  return spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: 'inherit',
    ...options
  });
}

/**
 * @return {String[]} What rustc says about itself: its host and LLVM's version
 */
function compilerVersion() {
  const { stdout } = run('rustc', ['-vV'], { stdio: 'pipe' });
  const [, host] = /^host: (.*)$/m.exec(stdout);
  const [, llvm] = /^LLVM version: (\d+)/m.exec(stdout);

  return [host, llvm];
}

/**
 * @param {String} host What the compiler makes programs for
 * @param {String} llvm The version of LLVM
 * @return {String} The sanitizer's library
 */
function findLibrary(host, llvm) {
  const [architecture] = host.split('-');
  const library = `/usr/lib/llvm-${llvm}/lib/clang/${llvm}/lib/linux/libclang_rt.asan-${architecture}.so`;

  if (!existsSync(library)) {
    console.error(`There is no ${library}: install libclang-rt-${llvm}-dev.`);
    process.exit(1);
  }
  return library;
}

/**
 * Builds the addon for the sanitizer.
 *
 * @param {String} host What the compiler makes programs for
 * @return {String} Its file
 */
function build(host) {
  const { status } = run('cargo', ['build', '--lib', '--target', host], {
    env: {
      ...process.env,
      CARGO_TARGET_DIR: target,
      // Sanitizers are for nightly toolchains, but the stable one has them.
      RUSTC_BOOTSTRAP: '1',
      RUSTFLAGS: '-Zsanitizer=address -Cforce-frame-pointers=yes'
    }
  });

  if (status !== 0) process.exit(1);
  return join(target, host, 'debug/liboxws.so');
}

const [host, llvm] = compilerVersion();
const library = findLibrary(host, llvm);
const watched = build(host);
const tests = process.argv.slice(2);

renameSync(addon, `${addon}.kept`);
try {
  copyFileSync(watched, addon);
  const { status } = run(
    process.execPath,
    ['--test', ...(tests.length > 0 ? tests : TESTS)],
    {
      env: {
        ...process.env,
        // Node.js itself does not free everything when it ends.
        ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
        LD_PRELOAD: library
      }
    }
  );

  process.exitCode = status ?? 1;
} finally {
  renameSync(`${addon}.kept`, addon);
}
