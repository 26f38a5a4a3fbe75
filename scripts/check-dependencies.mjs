/**
 * Checks what the package and its tools are made of, without a network: each crate
 * and package has a licence that may be used and comes from where its lock file can
 * prove that it is unchanged. Nothing is needed when oxws runs.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Licences that ask for no more than a notice. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'NCSA',
  'Unicode-3.0',
  'Unlicense',
  'Zlib'
]);

/** Packages that only test and build: their licences do not reach users. */
const TOOL_LICENCES = new Set([...LICENCES, 'BlueOak-1.0.0', 'PSF-2.0']);

const MANIFESTS = ['Cargo.toml', 'fuzz/Cargo.toml', 'bench/load/Cargo.toml'];

/** Whether a licence expression can be met by the licences allowed. */
function isAllowed(expression, allowed) {
  if (!expression) return false;

  return expression
    .replaceAll('/', ' OR ')
    .replace(/[()]/g, ' ')
    .split(/ AND /)
    .every((part) =>
      part.split(/ OR /).some((name) => allowed.has(name.trim()))
    );
}

function* cratesOf(manifest) {
  const { status, stdout, stderr } = spawnSync(
    'cargo',
    ['metadata', '--locked', '--format-version=1', '--manifest-path', manifest],
    { cwd: root, encoding: 'utf8', maxBuffer: Infinity }
  );

  if (status !== 0) {
    yield `${manifest}: ${stderr.trim()}`;
    return;
  }

  for (const { id, license, source } of JSON.parse(stdout).packages) {
    // Without a source it is a crate of this repository.
    if (source === null) continue;
    if (!source.startsWith('registry+')) yield `${id}: not from the registry`;
    if (!isAllowed(license, LICENCES)) yield `${id}: licence ${license}`;
  }
}

function* packages() {
  const text = readFileSync(`${root}package-lock.json`, 'utf8');

  for (const [path, entry] of Object.entries(JSON.parse(text).packages)) {
    if (path === '') {
      if (entry.dependencies) yield 'package.json: oxws has dependencies';
      continue;
    }

    if (!entry.dev && !entry.devOptional) yield `${path}: not only for tests`;
    if (!entry.integrity) yield `${path}: no integrity in package-lock.json`;
    if (!isAllowed(entry.license, TOOL_LICENCES)) {
      yield `${path}: licence ${entry.license}`;
    }
  }
}

const problems = [...packages(), ...MANIFESTS.flatMap((m) => [...cratesOf(m)])];

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('Licences, sources and lock files are in order.');
