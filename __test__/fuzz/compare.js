'use strict';

const { comparable, findDifference } = require('./differences');

/** What is compared of an action; automatic pongs are apart, see below. */
const TRACKS = ['events', 'callbacks', 'refusals', 'wire'];

/**
 * Compares the last action of an implementation with that of ws.
 *
 * @param {Object[]} expected The actions of ws
 * @param {Object[]} actual The actions until now
 * @return {Boolean} Whether nothing is missing
 * @throws {Error} If it cannot become the same any more
 */
function agree(expected, actual) {
  const at = actual.length - 1;
  let complete = expected[at].state === actual[at].state;

  for (const track of TRACKS) {
    const theirs = expected[at][track];
    const ours = actual[at][track];

    if (!ours.every((line, i) => same(line, theirs[i]))) throw new Error(track);
    if (ours.length < theirs.length) complete = false;
  }

  return complete && contains(pongs(actual), pongs(expected, at));
}

function same(line, other) {
  return (
    line === other ||
    (other !== undefined && comparable(line) === comparable(other))
  );
}

function sameLines(lines, others) {
  return (
    lines.length === others.length && lines.every((l, i) => same(l, others[i]))
  );
}

/** Automatic pongs may come earlier than others, and in another action. */
function pongs(actions, last = actions.length - 1) {
  return actions.slice(0, last + 1).flatMap((action) => action.pongs);
}

function contains(lines, sought) {
  let found = 0;

  for (const line of lines) if (line === sought[found]) found++;
  return found === sought.length;
}

/**
 * @param {Object} scenario The scenario
 * @param {Object[]} expected The actions of ws
 * @param {Object[]} actual Those of what is tested
 * @param {String} transport Its transport
 * @return {(Object|null)} The first difference: `label` and `track` tell where
 *     it is, `expected` and `actual` are the lines there, and `because` is set
 *     if it is a declared one
 */
function compare(scenario, expected, actual, transport) {
  const differences = expected
    .flatMap((theirs, at) =>
      [...TRACKS, 'state'].map((track) => ({
        at,
        label: theirs.label,
        track,
        expected: [].concat(theirs[track] || []),
        actual: [].concat((actual[at] && actual[at][track]) || [])
      }))
    )
    .concat({
      at: expected.length - 1,
      label: 'altogether',
      track: 'pongs',
      expected: pongs(expected),
      actual: pongs(actual)
    })
    .filter((entry) => !sameLines(entry.expected, entry.actual));

  if (differences.length === 0) return null;

  const [difference] = differences;
  const inAction = differences.filter(({ at }) => at === difference.at);
  const thrown = hasThrown(expected.slice(0, difference.at + 1));

  for (const entry of inAction) {
    const because = findDifference({
      difference: entry,
      scenario,
      transport,
      thrown,
      theirs: expected[difference.at].events,
      ours: actual[difference.at] ? actual[difference.at].events : []
    });

    if (because) return { ...entry, because };
  }

  return difference;
}

/** Whether a listener has thrown. */
function hasThrown(actions) {
  return actions.some(({ events }) =>
    events.some((line) => line.startsWith('uncaughtException'))
  );
}

module.exports = { agree, compare };
