// Debian's Chromium, without a window and without the talk that a browser has with its makers.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

/** What the browser calls the notes about tasks of threads. */
const TASKS = 'disabled-by-default-devtools.timeline';
/** Where the browser is: not where the machine is, and never UTC. */
export const ZONE = 'Asia/Kolkata';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Where screenshots are put, if somebody wants to look at them. */
const SCREENSHOTS = process.env.LOCKKEEPER_SCREENSHOTS;

/** A browser that remembers nothing from before, and notes what its pages ask of others and what goes wrong in them. */
export async function openBrowser(origin) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 850 }, timezoneId: ZONE });
  context.setDefaultTimeout(30_000);
  const asked = new Set();
  const wrong = [];
  context.on('request', request => asked.add(new URL(request.url()).origin));
  // The editor rejects what it was about when its page goes away, and calls that an error of this name.
  context.on('weberror', error => error.error().name !== 'Canceled' && wrong.push(`${error.error()}`));
  context.on('console', message => message.type() === 'error' && wrong.push(message.text()));
  context.on('page', page => page.on('websocket', socket => asked.add(httpOrigin(socket.url()))));
  return {
    context,
    wrong,
    /** A page of a browser that has been nowhere. */
    freshPage: async () => (await browser.newContext()).newPage(),
    /** Other hosts that were asked for anything, beside further servers of the test. */
    strangers: (...further) => [...asked].filter(other => ![origin, ...further].includes(other) && !/^(data|blob|null)/.test(other)),
    screenshot: async (page, name) => SCREENSHOTS && (await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` })),
    /** Begins to note what the threads of a page do. */
    startTracing: page => browser.startTracing(page, { categories: [TASKS] }),
    /** The longest task of the threads that draw pages, in the time that it had a processor. Ends the notes. */
    longestTaskMs: async () => {
      const { traceEvents } = JSON.parse(await browser.stopTracing());
      const drawing = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ tid }) => tid);
      const tasks = traceEvents.filter(({ name, tid, tdur }) => name === 'RunTask' && drawing.includes(tid) && tdur !== undefined);
      assert.ok(tasks.length > 0, 'the browser tells what its threads do');
      return Math.max(...tasks.map(({ tdur }) => tdur)) / 1_000;
    },
    close: () => browser.close(),
  };
}

function httpOrigin(url) {
  return new URL(url.replace(/^ws/, 'http')).origin;
}
