/**
 * @param {...String} args What to run, in mocha's arguments
 * @return {Function} Makes the command, given the report's path
 */
const mocha =
  (...args) =>
  (report) => [
    'npx',
    '--no-install',
    'mocha',
    '--exit',
    '--reporter=xunit',
    `--reporter-option=output=${report}`,
    ...args
  ];

/**
 * @param {...String} args What to run, in arguments of Node's test runner
 * @return {Function} Makes the command, given the report's path
 */
const nodeTest =
  (...args) =>
  (report) => [
    'node',
    '--test-reporter=junit',
    `--test-reporter-destination=${report}`,
    '--test',
    ...args
  ];

/**
 * @param {...String} args What to run, in vitest's arguments
 * @return {Function} Makes the command, given the report's path
 */
const vitest =
  (...args) =>
  (report) => [
    'npx',
    '--no-install',
    'vitest',
    'run',
    '--reporter=junit',
    `--outputFile=${report}`,
    ...args
  ];

/**
 * The programs: `name` as on npm, `at` version and commit of the last run,
 * `command(report)` what to run, where `folder` is the working directory inside the
 * checkout and `checkout` the name of the checkout if it is not the program's.
 */
export const DEPENDENTS = [
  {
    name: 'engine.io',
    at: '6.6.9 (d2d753fe)',
    checkout: 'socket.io',
    folder: 'packages/engine.io',
    command: mocha(
      'test/engine.io.js',
      'test/middlewares.js',
      'test/parser.js',
      'test/server.js'
    )
  },
  {
    name: 'engine.io-client',
    at: '6.6.6 (d2d753fe)',
    checkout: 'socket.io',
    folder: 'packages/engine.io-client',
    command: mocha('--require=test/support/hooks.js', 'test/index.js')
  },
  {
    name: 'socket.io',
    at: '4.8.3 (d2d753fe)',
    folder: 'packages/socket.io',
    command: mocha('--import=tsx', '--timeout=10000', 'test/index.ts')
  },
  {
    name: 'socket.io-client',
    at: '4.8.3 (d2d753fe)',
    checkout: 'socket.io',
    folder: 'packages/socket.io-client',
    command: mocha(
      '--import=tsx',
      '--require=test/support/hooks.ts',
      'test/index.ts'
    )
  },
  {
    name: '@fastify/websocket',
    at: '11.3.0 (24f9600)',
    checkout: 'fastify-websocket',
    command: nodeTest()
  },
  {
    name: 'graphql-ws',
    at: '6.2.0 (af4f5c9)',
    // The server on uWebSockets.js needs an addon that is not on npm.
    command: vitest('--testNamePattern=^(?!.*uWebSockets)')
  },
  {
    name: 'koa-websocket',
    at: '7.0.0 (99289c8)',
    command: mocha('test/test.js')
  },
  {
    name: 'mockttp',
    at: '4.6.1 (0d0ac20)',
    env: {
      NODE_EXTRA_CA_CERTS: 'test/fixtures/test-ca.pem',
      TS_NODE_FILES: 'true',
      TS_NODE_TRANSPILE_ONLY: 'true'
    },
    command: mocha(
      '--require=ts-node/register',
      'test/integration/http2.spec.ts',
      'test/integration/websockets.spec.ts'
    )
  },
  {
    name: 'mqtt',
    at: '5.14.1 (aa03369)',
    env: { NODE_OPTIONS: '--require=esbuild-register' },
    command: nodeTest('test/node/websocket_client.ts')
  },
  { name: 'ocpp-rpc', at: '2.2.1 (d18163a)', command: mocha() },
  {
    name: 'rpc-websockets',
    at: '7.9.0 (3d1ce98)',
    command: mocha('test/client.spec.js', 'test/server.spec.js')
  }
];
