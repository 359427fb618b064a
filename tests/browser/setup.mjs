// What a file of tests has around it: a server, and a browser that looks at its pages.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';

/** Those of the file, which has a process of its own: there from before its first test until after its last one. */
export let server;
export let browser;

/** Starts a server, opens a browser and prepares the rest before the tests, and ends both after them. */
export function begin(start, prepare = () => {}) {
  // One hook: those of a file do not wait for each other.
  before(async () => {
    server = await start();
    browser = await openBrowser(server.origin);
    await prepare();
  });
  after(async () => {
    await browser?.close();
    server?.stop();
  });
}

/** The last test of a file: whether all was well on every page of it. */
export function nothingElse() {
  test('no page asked another host for anything or had an error', () => {
    assert.deepEqual(browser.strangers(), []);
    assert.deepEqual(browser.wrong, []);
  });
}
