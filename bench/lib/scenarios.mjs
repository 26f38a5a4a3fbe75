/**
 * The rows of the benchmark.
 */

/**
 * @typedef {Object} Scenario
 * @property {string} id Name on the command line
 * @property {string} title Name in the results
 * @property {'server'|'client'} role What the process under test is
 * @property {Object} load The load generator's configuration, without the parts
 *     that differ from run to run (bench/load/src/config.rs)
 * @property {Object} process Options of the process under test
 * @property {'rate'|'p50'|'p99'|'p999'|'perConnection'|'growth'} metric What is
 *     compared
 * @property {string[]} [needs] What a peer must be able to do
 * @property {string[]} [peers] The only peers, where not all that can
 * @property {number} [goal] What oxws is to reach, times ws
 * @property {number} [bound] What oxws is to stay below, in the metric's unit
 * @property {boolean} [isQuick] Part of the quick run
 * @property {boolean} [isUnpinned] Both processes may use all cores
 * @property {number} [pacedAt] The rate as a share of what ws can do in the
 *     scenario `echo-32-64x1`
 * @property {{warmup: number, duration: number}} [timing] Instead of the usual
 *     one, in milliseconds
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Peers that are shown in the rows that compare details. */
const LIBRARIES = ['ws', 'ws-plain', 'ws-corked', 'oxws', 'uws', 'bun'];
const MAIN = [...LIBRARIES, 'limit'];

function sizeName(size) {
  if (size >= MIB) return `${size / MIB} MiB`;
  return size >= KIB ? `${size / KIB} KiB` : `${size} B`;
}

function sizeId(size) {
  return sizeName(size).replace(' ', '').replace('iB', '').replace('B', '');
}

function plural(connections) {
  return `${connections} connection${connections === 1 ? '' : 's'}`;
}

/**
 * Echo on the server under test.
 *
 * @param {number} size
 * @param {number} connections
 * @param {number} inFlight
 * @param {Partial<Scenario>} [more]
 * @return {Scenario}
 */
function echo(size, connections, inFlight, more = {}) {
  return {
    id: `echo-${sizeId(size).toLowerCase()}-${connections}x${inFlight}`,
    title: `echo ${sizeName(size)}, ${plural(connections)} × ${inFlight} in flight`,
    role: 'server',
    load: {
      mode: 'echo',
      target: { connections },
      payload: { kind: 'binary', size },
      in_flight: inFlight
    },
    process: { handler: 'echo' },
    metric: 'rate',
    ...more
  };
}

function broadcast(size, inFlight, more = {}) {
  return {
    id: `broadcast-${sizeId(size).toLowerCase()}-x${inFlight}`,
    title: `broadcast ${sizeName(size)} to 1000 connections, ${inFlight} in flight`,
    role: 'server',
    load: {
      mode: 'broadcast',
      target: { connections: 1000 },
      payload: { kind: 'binary', size },
      in_flight: inFlight
    },
    process: { handler: 'broadcast' },
    needs: ['broadcast'],
    metric: 'rate',
    ...more
  };
}

function client(size, connections, inFlight, more) {
  const base = echo(size, connections, inFlight);
  return {
    ...base,
    id: base.id.replace('echo', 'client'),
    title: `client: ${base.title}`,
    role: 'client',
    ...more
  };
}

function secure(size, inFlight, goal) {
  const base = echo(size, 64, inFlight);
  return {
    ...base,
    id: base.id.replace('echo', 'wss'),
    title: `wss: ${base.title}`,
    needs: ['tls'],
    goal
  };
}

function deflate(size, inFlight, takeover, goal) {
  const base = echo(size, 64, inFlight);
  return {
    ...base,
    id: `deflate-${sizeId(size).toLowerCase()}${takeover ? '-takeover' : ''}`,
    title: `permessage-deflate ${takeover ? 'with' : 'without'} takeover: ${base.title}`,
    load: {
      ...base.load,
      payload: { kind: 'json', size },
      target: { connections: 64, deflate: { takeover } }
    },
    process: { handler: 'echo', deflate: { takeover } },
    needs: ['deflate'],
    goal
  };
}

/** One connection, one message: what a quantile of its latency is. */
function latency(metric, isQuick) {
  return echo(32, 1, 1, {
    id: `latency-${metric}`,
    title: `latency ${metric} of 32 B, 1 connection × 1 in flight`,
    metric,
    goal: 0.95,
    isQuick
  });
}

function paced(metric) {
  return echo(32, 64, 1, {
    id: `paced-${metric}`,
    title: `latency ${metric} at half of ws's capacity, 32 B, 64 connections`,
    pacedAt: 0.5,
    peers: MAIN,
    metric,
    goal: 1
  });
}

const echoes = [
  echo(32, 64, 1, { goal: 1.7, isQuick: true }),
  echo(32, 64, 16, { goal: 13, isQuick: true }),
  echo(32, 1000, 1, { goal: 1.5, peers: MAIN }),
  echo(32, 1000, 16, { goal: 12, peers: MAIN }),
  echo(KIB, 64, 1, { goal: 1.7 }),
  echo(KIB, 64, 16, { goal: 9, isQuick: true }),
  echo(16 * KIB, 64, 1, { goal: 2.9, isQuick: true }),
  echo(16 * KIB, 64, 16, { goal: 1.8 }),
  echo(MIB, 1, 1, { goal: 1.4, peers: MAIN }),
  echo(MIB, 1, 16, { goal: 1.5, peers: MAIN }),
  echo(MIB, 64, 1, { goal: 1.75, isQuick: true }),
  echo(KIB, 64, 1, {
    id: 'text-1k-64x1',
    title: 'text echo 1 KiB (not ASCII), 64 connections × 1 in flight',
    load: {
      mode: 'echo',
      target: { connections: 64 },
      payload: { kind: 'text', size: KIB }
    },
    needs: ['text'],
    goal: 1.7
  })
];

const clients = [
  client(32, 64, 16, { goal: 8, isQuick: true }),
  client(32, 4, 1, {
    id: 'client-flood-32',
    title: 'client: receive 32 B without pause, 4 connections',
    load: {
      mode: 'flood',
      target: { connections: 4 },
      payload: { kind: 'binary', size: 32 }
    },
    process: { handler: 'count' },
    goal: 1.5
  }),
  client(16 * KIB, 64, 16, { goal: 2 })
];

const connections = [
  {
    id: 'churn',
    title: 'connections opened and closed, 32 at a time',
    role: 'server',
    load: { mode: 'churn', target: { connections: 32 } },
    process: { handler: 'echo' },
    needs: ['churn'],
    metric: 'rate',
    goal: 1.1
  },
  {
    id: 'idle-10000',
    title: 'memory of an idle connection after 12 s, 10 000 connections',
    role: 'server',
    load: { mode: 'idle', target: { connections: 10000 }, settle: 12000 },
    process: { handler: 'echo', collect: true },
    needs: ['churn'],
    metric: 'perConnection',
    bound: 4
  },
  {
    id: 'idle-deflate-5000',
    title:
      'memory of a connection 30 s after a compressed echo, 5 000 connections',
    role: 'server',
    load: {
      mode: 'idle',
      target: { connections: 5000, deflate: { takeover: true } },
      touch: { kind: 'json', size: 1024 },
      settle: 30000
    },
    process: { handler: 'echo', deflate: { takeover: true }, collect: true },
    needs: ['deflate'],
    metric: 'perConnection',
    bound: 40
  },
  broadcast(16 * KIB, 1, {
    id: 'slow-readers',
    title: 'memory growth in 6 s, 10 of 50 stop reading 16 KiB × 200/s',
    load: {
      mode: 'broadcast',
      target: { connections: 50 },
      payload: { kind: 'binary', size: 16 * KIB },
      rate: 200,
      stalled: 10
    },
    timing: { warmup: 0, duration: 6000 },
    peers: LIBRARIES,
    metric: 'growth',
    goal: 1
  })
];

/** A handler that keeps the JS thread busy: what else is done beside it? */
function working(inFlight) {
  const base = echo(32, 64, inFlight);
  return {
    ...base,
    id: `work-32-64x${inFlight}`,
    title: `handler that works 10 µs: ${base.title}, all cores for both`,
    process: { handler: 'echo', work: 10 },
    needs: ['work'],
    isUnpinned: true
  };
}

const cores = [
  echo(32, 64, 16, {
    id: 'cores-32-64x16',
    title: 'echo 32 B, 64 connections × 16 in flight, all cores for both',
    isUnpinned: true
  }),
  working(1),
  working(16)
];

/** @type {Scenario[]} */
export const scenarios = [
  ...echoes,
  latency('p50', true),
  latency('p99'),
  paced('p99'),
  paced('p999'),
  broadcast(32, 8, { goal: 10, isQuick: true }),
  broadcast(KIB, 8, { goal: 8 }),
  broadcast(32, 1, { goal: 1.4 }),
  ...clients,
  secure(32, 16, 2.5),
  secure(KIB, 1, 1.15),
  secure(16 * KIB, 1, 1.1),
  ...connections,
  deflate(KIB, 16, true, 6),
  deflate(KIB, 16, false, 5),
  deflate(16 * KIB, 1, true, 2.5),
  deflate(16 * KIB, 1, false, 2.5),
  ...cores
];

/** The scenario whose rate under ws paced scenarios refer to. */
export const capacity = echoes[0];
