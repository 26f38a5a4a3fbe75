/**
 * What the numbers were measured on.
 */

import { execFileSync } from 'node:child_process';
import os from 'node:os';

/**
 * @return {Object<string, string>} Name and value of each fact
 */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus[0].model.trim()}, ${cpus.length} cores`,
    memory: `${Math.round(os.totalmem() / 1024 ** 3)} GiB`,
    system: `${os.type()} ${os.release().split('-')[0]} ${os.arch()}`,
    'C library': libc(),
    node: process.version,
    rustc: version('rustc', /^rustc (\S+)/)
  };
}

function libc() {
  const { glibcVersionRuntime } = process.report.getReport().header;
  return glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'not glibc';
}

function version(program, pattern) {
  const output = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return pattern.exec(output)?.[1] ?? output.trim();
}

/**
 * Warns when something else keeps the machine busy.
 *
 * @return {string|null}
 */
export function disturbance() {
  const [load] = os.loadavg();
  if (load < 0.5) return null;
  return `The machine is not idle (load ${load.toFixed(1)}): trust ratios, not rates.`;
}
