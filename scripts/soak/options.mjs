/**
 * What a run is like.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const HELP = `npm run soak -- [options]

  --minutes n       how long there is traffic (1)
  --connections n   how many connections are open at a time (1000)
  --rate n          messages a second that are echoed, in all (1000)
  --broadcasts n    messages a second to every tenth connection (1)
  --churn n         connections a second that are closed and replaced (10)
  --stream          on the stream transport
  --write           write plot and figures to docs/soak
  --note text       a remark on the run, for docs/soak
`;

const NUMBERS = ['minutes', 'connections', 'rate', 'broadcasts', 'churn'];

/** Descriptors of a process that are not connections. */
const OTHER_DESCRIPTORS = 150;

function toNumber(name, text) {
  const value = Number(text);

  if (!(value > 0)) {
    throw new RangeError(`--${name} must be a positive number, not "${text}"`);
  }
  return value;
}

/** Node.js has as many descriptors as may be had. */
function descriptorLimit() {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' });

  return Number(limit) || Infinity;
}

/**
 * Reads the command line.
 *
 * @return {{minutes: number, connections: number, rate: number, churn: number,
 *     broadcasts: number, stream: boolean, write: boolean, note: string}} The
 *     options
 * @throws {RangeError} If more connections are wanted than there may be, or a
 *     number is none
 */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      connections: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '1000' },
      broadcasts: { type: 'string', default: '1' },
      churn: { type: 'string', default: '10' },
      stream: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      note: { type: 'string', default: '' },
      help: { type: 'boolean', default: false }
    }
  });

  if (values.help) {
    console.log(HELP);
    process.exit();
  }

  for (const name of NUMBERS) {
    values[name] = toNumber(name, values[name]);
  }

  const most = descriptorLimit() - OTHER_DESCRIPTORS;

  if (values.connections > most) {
    throw new RangeError(
      `--connections must be at most ${most} here: see ulimit -Hn`
    );
  }
  return values;
}
