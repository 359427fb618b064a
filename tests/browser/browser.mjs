// Debian's Chromium, without a window and without the talk that a browser has with its makers.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SCREENSHOTS = fileURLToPath(new URL('../../target/browser/', import.meta.url));

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
  const context = await browser.newContext({ viewport: { width: 1400, height: 850 } });
  context.setDefaultTimeout(30_000);
  const asked = new Set();
  const wrong = [];
  context.on('request', request => asked.add(new URL(request.url()).origin));
  // The editor rejects what it was about when its page goes away, and calls that an error of this name.
  context.on('weberror', error => error.error().name !== 'Canceled' && wrong.push(`${error.error()}`));
  context.on('console', message => message.type() === 'error' && wrong.push(message.text()));
  context.on('page', page => page.on('websocket', socket => asked.add(httpOrigin(socket.url()))));
  await mkdir(SCREENSHOTS, { recursive: true });
  return {
    context,
    wrong,
    /** Other hosts that were asked for anything. */
    strangers: () => [...asked].filter(other => other !== origin && !/^(data|blob|null)/.test(other)),
    screenshot: (page, name) => page.screenshot({ path: `${SCREENSHOTS}${name}.png` }),
    close: () => browser.close(),
  };
}

function httpOrigin(url) {
  return new URL(url.replace(/^ws/, 'http')).origin;
}
