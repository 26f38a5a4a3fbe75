// A client under test: runs every case that the suite at the URL of the first
// argument has, under the name of the second, and sends every message back.

import { once } from 'node:events';

import WebSocket from '../wrapper.mjs';

const [url, agent] = process.argv.slice(2);

/**
 * @return {Promise<Number>} How many cases there are
 */
async function countCases() {
  const ws = new WebSocket(`${url}/getCaseCount`);
  const [data] = await once(ws, 'message');

  await once(ws, 'close');
  return Number(data);
}

/**
 * @param {Number} number The case's number, from 1 on
 */
async function runCase(number) {
  const ws = new WebSocket(`${url}/runCase?case=${number}&agent=${agent}`, {
    // Cases of 9.3 and 9.4 send more fragments than are taken by default.
    maxFragments: 0
  });

  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  await new Promise((resolve) => ws.on('close', resolve));
}

const count = await countCases();

for (let number = 1; number <= count; number++) await runCase(number);

await once(new WebSocket(`${url}/updateReports?agent=${agent}`), 'close');
