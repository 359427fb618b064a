// What the tests of the console do with pages.

import assert from 'node:assert/strict';
import axe from 'axe-core';
import { CONFIGURATION, makeFleet } from './fleet.mjs';
import { serve } from './server.mjs';
import { begin, browser, server } from './setup.mjs';

/** What the administrator of the file's server asks with. */
export let admin;

/** A server with a fleet before the tests of a file, and a browser. */
export function beginWith(fleet, prepare = () => {}) {
  begin(
    () => serve(CONFIGURATION),
    async () => {
      admin = { url: server.url, token: server.createToken('ana', 'admin') };
      await makeFleet(admin, fleet);
      await prepare();
    },
  );
}

/** Opens a page of the file's server, as the administrator or with another token. */
export async function signedIn(path, token = admin.token) {
  const page = await browser.context.newPage();
  await page.goto(`${server.origin}${path}#token=${token}`);
  await page.getByRole('navigation').first().waitFor();
  return page;
}

export const button = (page, name) => page.getByRole('button', { name });

/** What axe looks for: everything, or only what depends on colors. */
const EVERYTHING = { resultTypes: ['violations'] };
export const COLORS = { ...EVERYTHING, runOnly: ['color-contrast', 'link-in-text-block'] };

/** Fails on anything serious that a person with a screen reader, or with weak eyes, would meet. */
export async function accessible(page, what, rules = EVERYTHING) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(axe.source);
  }
  const { violations } = await page.evaluate(rules => globalThis.axe.run(rules), rules);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`);
  assert.deepEqual(found, [], what);
}
