'use strict';

const { execFile } = require('child_process');
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');

const { platformName } = require('../../lib/platform');

const root = path.join(__dirname, '..', '..');
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

/**
 * Makes the tarball of this platform's package, with the addon that was built.
 *
 * @param {String} destination Where to put it
 * @return {Promise<String>} The tarball
 */
async function packPlatform(destination) {
  const platform = platformName();
  const addon = `oxws.${platform}.node`;
  const source = path.join(destination, 'platform');

  fs.cpSync(path.join(root, 'npm', platform), source, { recursive: true });
  fs.copyFileSync(path.join(root, 'lib', addon), path.join(source, addon));

  return (await pack(source, destination)).filename;
}

module.exports = { npm, pack, packPlatform, root };
