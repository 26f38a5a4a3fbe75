/**
 * The soak test: `npm run soak`; `--help` lists the options. Many connections
 * with mixed traffic for some time, and what has to hold meanwhile.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { readOptions } from './soak/options.mjs';
import { toText, write } from './soak/report.mjs';
import { judge } from './soak/verdict.mjs';

/** How often the processes are looked at in a run, and at least how rarely. */
const SAMPLES = 240;
const SHORTEST_INTERVAL = 500;

/** Milliseconds in which the last connections disappear. */
const SETTLING = 2000;

/** A process of the run. */
class Part {
  constructor(name, argument, env) {
    const file = fileURLToPath(new URL(`soak/${name}.mjs`, import.meta.url));

    this.process = fork(file, [JSON.stringify(argument)], {
      env: { ...process.env, ...env }
    });
    this.exited = once(this.process, 'exit').then(([code, signal]) => {
      this.exit = signal ?? code;
      throw new Error(`The ${name} has ended with ${this.exit}`);
    });
    this.exited.catch(() => {});
  }

  async next() {
    const [message] = await Promise.race([
      once(this.process, 'message'),
      this.exited
    ]);

    return message;
  }

  ask(request) {
    const answer = this.next();

    this.process.send(request);
    return answer;
  }

  /** Lets it end by itself. */
  async stop() {
    this.process.send('stop');
    await this.exited.catch(() => {});
    return this.exit;
  }
}

async function look(parts, start) {
  const [server, load] = await Promise.all(
    parts.map((part) => part.ask('sample'))
  );

  return { minute: (performance.now() - start) / 60000, server, load };
}

async function watch(parts, { minutes }) {
  const interval = Math.max(SHORTEST_INTERVAL, (minutes * 60000) / SAMPLES);
  const start = performance.now();
  const samples = [];

  while (performance.now() - start < minutes * 60000) {
    await delay(interval);
    samples.push(await look(parts, start));
  }
  return samples;
}

async function main() {
  const options = readOptions();
  const env = options.stream ? { OXWS_TRANSPORT: 'stream' } : {};
  const server = new Part('server', options, env);
  const { port } = await server.next();
  const load = new Part('load', { ...options, port }, env);
  const parts = [server, load];

  await load.ask('warm');

  const before = await look(parts, 0);

  await load.ask('start');
  console.log(`${options.connections} connections are open.`);

  const samples = await watch(parts, options);

  await load.ask('end');
  await delay(SETTLING);

  const after = await look(parts, 0);
  const exits = [await load.stop(), await server.stop()];
  const rows = judge(samples, before, after);

  rows.push({
    title: 'ends of the processes',
    value: exits.join(' and '),
    rule: '0',
    holds: exits.every((exit) => exit === 0)
  });

  console.log(toText(rows));
  for (const text of [...after.load.texts, ...after.server.errors]) {
    console.log(text);
  }
  if (options.write) write(options, samples, rows);
  if (rows.some(({ holds }) => holds === false)) process.exitCode = 1;
}

main();
