'use strict';

// Scenarios: everything that is done to a WebSocket and its peer, as data.

const { CallGenerator } = require('./generate-calls');
const { InputGenerator } = require('./generate-input');
const { Random } = require('./random');

/**
 * Ways to agree on compression, by the side the WebSocket is. `takeover` and
 * `bits` tell what the peer may do then (RFC 7692, section 7.1).
 */
const AGREEMENTS = {
  server: [
    { options: true, parameters: '', takeover: true },
    { options: { clientNoContextTakeover: true }, parameters: '' },
    {
      options: { serverNoContextTakeover: true, threshold: 3 },
      parameters: '',
      takeover: true
    },
    { options: true, parameters: '; client_no_context_takeover' },
    {
      options: true,
      parameters: '; server_no_context_takeover',
      takeover: true
    },
    {
      options: { clientMaxWindowBits: 9, zlibDeflateOptions: { level: 1 } },
      parameters: '; client_max_window_bits',
      takeover: true,
      bits: 9
    },
    {
      options: { zlibDeflateOptions: { memLevel: 3, level: 9 } },
      parameters: '; server_max_window_bits=9',
      takeover: true
    },
    { options: { serverMaxWindowBits: 10 }, parameters: '', takeover: true }
  ],
  client: [
    { options: true, parameters: '', takeover: true },
    { options: true, parameters: '; server_no_context_takeover' },
    {
      options: { threshold: 3 },
      parameters: '; client_no_context_takeover',
      takeover: true
    },
    {
      options: true,
      parameters: '; client_max_window_bits=10',
      takeover: true
    },
    {
      options: { serverMaxWindowBits: 9 },
      parameters: '; server_max_window_bits=9',
      takeover: true,
      bits: 9
    },
    {
      options: { clientNoContextTakeover: true, serverNoContextTakeover: true },
      parameters: '; client_no_context_takeover; server_no_context_takeover'
    }
  ]
};

/**
 * Makes the scenario of a seed. What is put together depends on how much is read
 * at once in one of three cases only: that is not the same. They are pauses, large
 * messages, and a limit of chunks.
 *
 * @param {Number} seed The seed
 * @return {Object} The scenario
 */
function generate(seed) {
  const random = new Random(seed);
  const side = random.pick(['server', 'client']);
  const emphasis = random.pick([
    'pauses',
    'pauses',
    'pauses',
    'sizes',
    'chunks'
  ]);
  const scenario = { side, options: makeOptions(random, emphasis) };

  if (random.chance(35)) scenario.deflate = random.pick(AGREEMENTS[side]);
  if (random.chance(15)) scenario.holdsOpen = true;

  const calls = new CallGenerator(random, {
    mayLookLater: scenario.deflate === undefined,
    mayPause: emphasis === 'pauses'
  });
  const input = new InputGenerator(random, {
    mayBeCompressed: scenario.deflate !== undefined,
    mayBeLarge: emphasis === 'sizes'
  });

  if (emphasis !== 'sizes' && random.chance(45)) {
    scenario.reactions = Array.from({ length: random.between(1, 3) }, () =>
      makeReaction(random, scenario, calls)
    );
  }

  scenario.steps = makeSteps(random, scenario, { calls, input });
  return scenario;
}

function makeOptions(random, emphasis) {
  const options = {};
  const sometimes = (percent, name, values) => {
    if (random.chance(percent)) options[name] = random.pick(values);
  };

  sometimes(15, 'maxPayload', [1, 5, 6, 125, 126, 1024]);
  sometimes(10, 'maxFragments', [1, 2, 3]);
  if (emphasis === 'chunks') sometimes(50, 'maxBufferedChunks', [1, 2, 3]);
  sometimes(10, 'skipUTF8Validation', [true]);
  sometimes(10, 'autoPong', [false]);
  sometimes(20, 'allowSynchronousEvents', [false]);
  return options;
}

function makeReaction(random, scenario, calls) {
  const reaction = {
    event: random.choose([
      [6, () => 'message'],
      [3, () => 'ping'],
      [1, () => 'pong'],
      [1, () => 'error'],
      [1, () => 'close']
    ]),
    occurrence: random.choose([
      [3, () => 1],
      [2, () => random.between(2, 4)]
    ]),
    // Compressed messages come together in oxws, one by one in ws.
    when: scenario.deflate
      ? 'now'
      : random.pick(['now', 'now', 'microtask', 'tick'])
  };

  if (random.chance(4)) return { ...reaction, when: 'now', throws: true };
  return { ...reaction, calls: calls.reaction() };
}

function makeSteps(random, scenario, { calls, input }) {
  const steps = Array.from({ length: random.between(1, 9) }, () =>
    random.choose([
      [60, () => input.step()],
      [40, () => calls.step()],
      [2, () => ({ timeout: true })],
      [2, () => ({ end: true })],
      [1, () => ({ reset: true })]
    ])
  );

  if (random.chance(30)) steps.push({ timeout: true });
  return steps;
}

module.exports = { generate };
