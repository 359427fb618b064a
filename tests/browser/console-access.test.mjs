// The console's pages for everybody: what axe finds on them, in the light and in the dark.

import { test } from 'node:test';
import { COLORS, accessible, signedIn } from './pages.mjs';
import { startServer } from './server.mjs';
import { begin, browser, nothingElse, server } from './setup.mjs';

begin(startServer);

test('nothing serious stands in the way of anybody, on any page, light or dark', async () => {
  const page = await signedIn('/', server.token);
  for (const [name, path, there] of [
    ['overview', '/', 'Services'],
    ['service', '/s/api', 'api'],
    ['dialogue', '/s/api/release?action=UPGRADE&to=1.2.0', 'Upgrade api'],
    ['release', '/r/rel_4?host=host-05', 'rel_4'],
    ['hosts', '/hosts', 'Hosts'],
    ['host', '/hosts/host-05', 'host-05'],
    ['holds', '/holds', 'Holds'],
    ['system', '/system', 'System'],
  ]) {
    await page.goto(server.origin + path);
    await page.getByRole('heading', { level: 1, name: there }).waitFor();
    if (name === 'release') {
      await page.locator('.detail pre').waitFor();
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await accessible(page, `${name}, light`);
    await browser.screenshot(page, `console-${name}-light`);
    // The same page in other colors: only these can be wrong now.
    await page.emulateMedia({ colorScheme: 'dark' });
    await accessible(page, `${name}, dark`, COLORS);
    await browser.screenshot(page, `console-${name}-dark`);
  }
  await page.close();
});

nothingElse();
