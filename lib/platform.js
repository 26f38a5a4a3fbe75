'use strict';

const { arch, platform, report } = process;

/**
 * Tells what platform this is in the words of napi-rs, for example
 * `linux-x64-gnu`. It is part of the name of the addon's file and of the
 * package the addon is published in.
 *
 * @return {String} The platform
 */
function platformName() {
  if (platform === 'linux')
    return `linux-${arch}-${isGlibc() ? 'gnu' : 'musl'}`;
  if (platform === 'win32') return `win32-${arch}-msvc`;

  return `${platform}-${arch}`;
}

/**
 * @return {Boolean} Whether this Node.js is linked with glibc, not with musl
 */
function isGlibc() {
  const { excludeNetwork } = report;

  // Otherwise the report looks up the name of every connected address.
  report.excludeNetwork = true;

  try {
    return report.getReport().header.glibcVersionRuntime !== undefined;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

module.exports = { platformName };
