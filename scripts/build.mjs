/**
 * Builds the addon and puts it beside its loader. Options: `--debug`.
 *
 * The CLI of napi-rs is for publishing only: it does not run on all versions of
 * Node.js that oxws supports.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import platform from '../lib/platform.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const addon = fileURLToPath(
  new URL(`../lib/oxws.${platform.platformName()}.node`, import.meta.url)
);

/**
 * Runs cargo.
 *
 * @param {Boolean} debug Whether to build without optimizations
 * @return {String} The path of the library it has made
 */
function compile(debug) {
  const args = ['build', '--lib', '--message-format=json-render-diagnostics'];

  if (!debug) args.push('--release');

  const { error, status, stdout } = spawnSync('cargo', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: Infinity,
    stdio: ['ignore', 'pipe', 'inherit']
  });

  if (error?.code === 'ENOENT') {
    fail(
      'oxws is built from source in a clone, and that needs a Rust toolchain: ' +
        'install one from https://rustup.rs and try again.'
    );
  }
  if (error) throw error;
  if (status !== 0) fail('cargo could not build the addon of oxws; see above.');

  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ target }) => target?.name === 'oxws')
    .flatMap(({ filenames }) => filenames)
    .find((filename) => /\.(?:so|dylib|dll)$/.test(filename));
}

/**
 * Ends the process with a sentence.
 *
 * @param {String} sentence What went wrong
 */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

const library = compile(process.argv.includes('--debug'));

// A process that has the old addon loaded keeps it.
copyFileSync(library, `${addon}.new`);
renameSync(`${addon}.new`, addon);
// Not on standard output: `npm pack --json` prints there.
console.error(`Built ${addon}`);
