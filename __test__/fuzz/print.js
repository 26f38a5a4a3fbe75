'use strict';

// Scenarios and differences in words.

/**
 * @param {Object} scenario The scenario
 * @return {String[]} A line for the circumstances and one for each step
 */
function describeScenario(scenario) {
  const { deflate, holdsOpen, options, reactions = [], side, steps } = scenario;
  const lines = [`a ${side} with the options ${JSON.stringify(options)}`];

  if (deflate) {
    lines.push(
      `compression: ${JSON.stringify(deflate.options)}, ` +
        `"permessage-deflate${deflate.parameters}"`
    );
  }

  if (holdsOpen) lines.push('the peer does not answer the end with its own');

  for (const { event, occurrence, when, throws, calls } of reactions) {
    lines.push(
      `at '${event}' number ${occurrence} (${when}): ` +
        (throws ? 'throw' : describeCalls(calls))
    );
  }

  return lines.concat(
    steps.map((step, i) => `step ${i + 1}: ${describeStep(step)}`)
  );
}

function describeStep(step) {
  if (step.calls) return describeCalls(step.calls);
  if (step.timeout) return 'closeTimeout runs out';
  if (step.end) return 'the peer ends (FIN)';
  if (step.reset) return 'the peer resets (RST)';

  const cuts = step.cuts ? `, cut at ${step.cuts.join(', ')}` : '';

  return `the peer writes ${step.write.map(describeItem).join(' + ')}${cuts}`;
}

function describeItem({ message, ...item }) {
  return `${message ? `${message} message ` : ''}${JSON.stringify(item)}`;
}

function describeCalls(calls) {
  return calls.map(describeCall).join('; ');
}

function describeCall({ method, args, callback, ...other }) {
  if (!method) return JSON.stringify(other);

  const values = args.map((value) => JSON.stringify(value));

  if (callback) values.push('callback');
  return `${method}(${values.join(', ')})`;
}

/**
 * @param {Object} difference What compare.js found
 * @return {String[]} Lines
 */
function describeDifference({ label, track, expected, actual }) {
  return [
    `first difference: ${label}, ${track}`,
    ...expected.map((line) => `  ws:   ${line}`),
    ...actual.map((line) => `  oxws: ${line}`)
  ];
}

module.exports = { describeDifference, describeScenario };
