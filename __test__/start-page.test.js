'use strict';

// The page of `npm start`, used in a browser as a person would use it.

const assert = require('assert');
const { after, before, describe, it } = require('node:test');

const { Program } = require('./support/program');

/** Debian's Chromium; .ci/run installs it. */
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';

const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-sandbox'
];

const [nodeMajor] = process.versions.node.split('.');
const skip = nodeMajor < 20 && 'playwright-core needs Node.js 20';

describe('the page of npm start', { skip, timeout: 120000 }, () => {
  let program;
  let browser;
  let url;

  before(async () => {
    const { chromium } = require('playwright-core');

    program = new Program('examples/start/server.mjs');
    url = await program.url();
    browser = await chromium.launch({
      args: ARGUMENTS,
      executablePath: CHROMIUM
    });
  });

  after(async () => {
    if (browser) await browser.close();
    await program.stop();
  });

  /** Opens the page in a new window and fails if it reports an error. */
  async function openPage(name) {
    const page = await browser.newPage();
    const errors = [];

    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.stack));
    page.setDefaultTimeout(20000);

    await page.goto(url);
    await page.getByLabel('Name').fill(name);
    return { errors, page };
  }

  async function say(page, text) {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  it('lets two windows chat with each other', async () => {
    const ada = await openPage('Ada');
    const grace = await openPage('Grace');

    for (const { page } of [ada, grace]) {
      await page.getByText('2 are here').waitFor();
    }

    await say(ada.page, 'Is anybody <b>there</b>?');
    await grace.page.getByText('Is anybody <b>there</b>?').waitFor();
    await say(grace.page, 'Yes, Ada.');

    for (const { errors, page } of [ada, grace]) {
      await page.getByText('Yes, Ada.').waitFor();
      assert.deepStrictEqual(
        await page.getByRole('log').getByRole('listitem').allInnerTexts(),
        ['Ada: Is anybody <b>there</b>?', 'Grace: Yes, Ada.']
      );
      assert.deepStrictEqual(errors, []);
    }

    await grace.page.close();
    await ada.page.getByText('only you are here').waitFor();
    await ada.page.close();
  });

  it('shows the round-trip time of an echo', async () => {
    const { errors, page } = await openPage('Ada');

    await page
      .locator('#count')
      .filter({ hasText: /^[5-9]$/ })
      .waitFor();

    const time = Number(await page.locator('#time').innerText());

    assert.ok(time > 0 && time < 1000, `${time} ms`);
    assert.deepStrictEqual(errors, []);
    await page.close();
  });

  it('connects again when the server was restarted', async () => {
    const { page } = await openPage('Ada');

    await page.getByText('only you are here').waitFor();
    await program.stop();
    await page.getByText('disconnected, trying again…').first().waitFor();

    program = new Program('examples/start/server.mjs', [], {
      PORT: new URL(url).port
    });
    await page.getByText('only you are here').waitFor();
    await page.close();
  });
});
