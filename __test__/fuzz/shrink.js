'use strict';

/** Attempts after which a scenario is short enough. */
const MAX_ATTEMPTS = 400;

/**
 * Makes a scenario shorter as long as it is still of interest.
 *
 * @param {Object} scenario The scenario
 * @param {Function} isOfInterest Gets a scenario, returns a promise of a Boolean
 * @return {Promise<Object>} The shortest one found
 */
async function shrink(scenario, isOfInterest) {
  let attempts = 0;
  let improved = true;

  while (improved) {
    improved = false;

    for (const candidate of candidates(scenario)) {
      if (++attempts > MAX_ATTEMPTS) return scenario;

      if (await isOfInterest(candidate)) {
        scenario = candidate;
        improved = true;
        break;
      }
    }
  }

  return scenario;
}

/** Shorter scenarios, those first that are much shorter. */
function* candidates(scenario) {
  const { steps, reactions = [], options } = scenario;

  for (const shorter of shorterLists(steps)) {
    yield { ...scenario, steps: shorter };
  }

  for (const name of ['reactions', 'deflate', 'holdsOpen']) {
    if (scenario[name]) yield without(scenario, name);
  }

  for (const name of Object.keys(options)) {
    yield { ...scenario, options: without(options, name) };
  }

  for (const [i, reaction] of reactions.entries()) {
    yield { ...scenario, reactions: without(reactions, i) };
    yield* shorterCalls(reaction, (shorter) => ({
      ...scenario,
      reactions: replaced(reactions, i, shorter)
    }));
  }

  for (const [i, step] of steps.entries()) {
    const replace = (shorter) => ({
      ...scenario,
      steps: replaced(steps, i, shorter)
    });

    yield* shorterCalls(step, replace);
    yield* shorterWrites(step, replace);
  }
}

function* shorterCalls(holder, replace) {
  const { calls = [] } = holder;

  for (const shorter of shorterLists(calls)) {
    if (shorter.length) yield replace({ ...holder, calls: shorter });
  }

  for (const [i, call] of calls.entries()) {
    const change = (shorter) =>
      replace({ ...holder, calls: replaced(calls, i, shorter) });

    if (call.callback) yield change({ ...call, callback: false });
    if (call.args && call.args.length > 1) {
      yield change({ ...call, args: call.args.slice(0, -1) });
    }
    if (call.method === 'send' && call.args[0] !== 'a') {
      yield change({ ...call, args: ['a', ...call.args.slice(1)] });
    }
  }
}

function* shorterWrites(step, replace) {
  const { cuts, write = [] } = step;

  if (cuts) {
    yield replace(without(step, 'cuts'));
    for (const shorter of shorterLists(cuts)) {
      yield replace({ ...step, cuts: shorter });
    }
  }

  for (const shorter of shorterLists(write)) {
    if (shorter.length) yield replace({ ...step, write: shorter });
  }

  for (const [i, item] of write.entries()) {
    const change = (shorter) =>
      replace({ ...step, write: replaced(write, i, shorter) });

    for (const name of [
      'between',
      'emptyFragment',
      'splits',
      'compress',
      'key',
      'bits'
    ]) {
      if (name in item) yield change(without(item, name));
    }

    if (item.message && item.data !== 'a') yield change({ ...item, data: 'a' });
  }
}

/** Halves of a list, then the list without one element. */
function* shorterLists(list) {
  const half = list.length >> 1;

  if (half > 1) {
    yield list.slice(half);
    yield list.slice(0, half);
  }

  for (const i of list.keys()) yield without(list, i);
}

function without(holder, key) {
  if (Array.isArray(holder)) return holder.filter((_, i) => i !== key);

  const { [key]: omitted, ...rest } = holder;

  return omitted === undefined ? holder : rest;
}

function replaced(list, at, element) {
  return list.map((former, i) => (i === at ? element : former));
}

module.exports = { shrink };
