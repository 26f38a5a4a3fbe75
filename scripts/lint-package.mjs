/**
 * Looks at the package as it would be published: whether Node.js, bundlers and
 * TypeScript find what they look for in it, and all the same.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  checkPackage,
  createPackageFromTarballData
} from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'oxws-'));

/** @return {Buffer} What would be published */
function pack() {
  const output = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', `--pack-destination=${directory}`],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
  );

  return readFileSync(join(directory, JSON.parse(output)[0].filename));
}

/** @return {Promise<String[]>} What bundlers and Node.js would stumble over */
async function findInEntries(tarball) {
  const { messages, pkg } = await publint({
    level: 'warning',
    pack: { tarball: new Uint8Array(tarball).buffer }
  });

  return messages.map((message) => formatMessage(message, pkg));
}

/** @return {Promise<String[]>} What TypeScript would stumble over */
async function findInTypes(tarball) {
  const { problems } = await checkPackage(
    createPackageFromTarballData(new Uint8Array(tarball))
  );

  return problems.map((problem) => JSON.stringify(problem));
}

try {
  const tarball = pack();
  const found = [
    ...(await findInEntries(tarball)),
    ...(await findInTypes(tarball))
  ];

  for (const line of found) console.error(line);
  console.log(`Problems of the package: ${found.length}`);
  process.exitCode = found.length ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true });
}
