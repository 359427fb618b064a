// The console through what happens to connections: a server that dies, a cursor that is too old, a token that ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, until } from './fleet.mjs';
import { admin, beginWith, signedIn } from './pages.mjs';
import { browser, server } from './setup.mjs';

beginWith({ executor: 'quick', versions: ['1.0.0', '1.1.0', '1.2.0'] }, () =>
  change(admin, 'updateService', { service: 'web', executor: 'slow' }),
);

test('a server that is restarted in the middle of a release: a banner, and then every host, without a click', async () => {
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.1.0&parallel=1');
  await page.getByRole('button', { name: 'Upgrade 4 instances' }).click();
  await page.locator('.cell.c-succeeded').first().waitFor();
  await server.halt();
  await page.getByRole('alert').filter({ hasText: 'Not connected' }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Cancel the release' }).isDisabled());
  await server.resume();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await page.locator('.status').getByText('succeeded').first().waitFor();
  await until(async () => (await page.locator('.cell.c-succeeded').count()) === 4);
  browser.wrong.splice(0);
  await page.close();
});

test('a cursor that has expired: everything is read anew, and the page says so', async () => {
  const page = await browser.context.newPage();
  const sockets = [];
  let expired = false;
  let subscribed = false;
  await page.routeWebSocket(/\/graphql\/ws$/, route => {
    const upstream = route.connectToServer();
    sockets.push(route);
    route.onMessage(text => {
      const message = JSON.parse(text);
      subscribed ||= message.type === 'subscribe';
      if (expired && message.type === 'subscribe' && message.payload.operationName === 'ReleasesChanged') {
        const errors = [{ message: 'too old', extensions: { code: 'CURSOR_EXPIRED' } }];
        route.send(JSON.stringify({ id: message.id, type: 'error', payload: errors }));
        expired = false;
        return;
      }
      upstream.send(text);
    });
  });
  await page.goto(`${server.origin}/#token=${admin.token}`);
  await page.getByRole('heading', { name: 'Services' }).waitFor();
  await until(() => subscribed);
  expired = true;
  await sockets[0].close({ code: 1012, reason: 'The server restarts' });
  await page.getByRole('status').filter({ hasText: 'read anew' }).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  // What comes is live again.
  await change(admin, 'freezeService', { service: 'web', reason: 'quarter end' });
  await page.getByText('quarter end').waitFor();
  await change(admin, 'unfreezeService', { service: 'web' });
  await page.getByText('quarter end').waitFor({ state: 'detached' });
  await page.close();
});

test('a token that ends: another is asked for in place, and the page stays as it is', async () => {
  const mine = server.createToken('cy', 'operator');
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.2.0', mine);
  await page.getByLabel('Why').fill('half written');
  server.revokeTokens('cy');
  const dialog = page.getByRole('dialog', { name: 'The token has ended' });
  await dialog.waitFor();
  await dialog.getByLabel('Token').fill(server.createToken('di', 'operator'));
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('di', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Why').inputValue(), 'half written');
  await page.getByRole('button', { name: 'Upgrade 4 instances' }).click();
  await page.waitForURL(/\/r\/rel_\d+$/);
  // Two windows on one release: what one does, the other is told.
  const other = await signedIn(new URL(page.url()).pathname);
  await other.getByRole('button', { name: 'Cancel the release' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Cancel the release' }).click();
  await page.getByRole('status').filter({ hasText: 'ana: canceled this' }).waitFor();
  browser.wrong.splice(0);
  await other.close();
  await page.close();
});
