// The console in a real browser, as a person uses it: from signing in to going back, with mouse and keyboard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, change, makeService, until } from './fleet.mjs';
import { accessible, admin, beginWith, button, signedIn } from './pages.mjs';
import { browser, nothingElse, server } from './setup.mjs';

beginWith({ executor: 'gated', versions: ['1.0.0', '1.1.0'], install: false }, () => server.openGate());

const succeeded = page => page.locator('.release > .head .status', { hasText: 'succeeded' }).waitFor();

test('without a token one is asked for, and a wrong one is refused in words', async () => {
  const page = await browser.context.newPage();
  await page.goto(`${server.origin}/`);
  await accessible(page, 'sign-in');
  for (const _ of ['once', 'and the same again']) {
    await page.getByLabel('Token').fill('lk_wrong');
    await button(page, 'Sign in').click();
    await page.getByRole('alert').getByText('not valid').waitFor();
  }
  assert.match(browser.wrong.splice(0).join(), /401/);
  await page.getByLabel('Token').fill(admin.token);
  await button(page, 'Sign in').click();
  await page.getByText('ana').waitFor();
  await page.close();
});

test('a link with another token asks which of the two to use', async () => {
  const page = await signedIn('/holds');
  await page.goto(`${server.origin}/holds#token=lk_${'x'.repeat(38)}`);
  await page.getByRole('alertdialog').getByText('lk_xxxx…').waitFor();
  assert.equal(page.url(), `${server.origin}/holds`);
  await button(page, 'Keep my token').click();
  await page.getByText('ana', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('lockkeeper:token')), admin.token);
  await page.close();
});

test('install, upgrade, see it live, be told who locks, and go back', async () => {
  const page = await signedIn('/s/web/release?action=INSTALL');
  await page.getByLabel('To', { exact: true }).selectOption('1.0.0');
  await button(page, 'Choose these 4').click();
  await button(page, 'Install 4 instances').click();
  await page.waitForURL(/\/r\/rel_\d+$/);
  await succeeded(page);
  assert.equal(await page.locator('.cell.c-succeeded').count(), 4);

  // By keyboard alone: the service's page, u, the version, the button.
  server.closeGate();
  await page.getByRole('heading', { level: 1 }).getByRole('link', { name: 'web' }).press('Enter');
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  await page.keyboard.press('u');
  await page.getByLabel('To', { exact: true }).focus();
  await page.keyboard.press('1');
  await page.keyboard.type('.1.0');
  await button(page, 'Upgrade 4 instances').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/r\/rel_\d+$/);
  const release = new URL(page.url()).pathname.split('/').at(-1);
  await page.locator('.cell.c-running').first().waitFor();

  // A second operator is told who holds the lock, and cannot choose these hosts.
  const bo = await signedIn('/s/web/release?action=REVERT&to=1.0.0&by=hosts', server.createToken('bo', 'operator'));
  await bo.getByText(`locked by ${release}`).first().waitFor();
  assert.ok(await bo.locator('.choice .cannot input').first().isDisabled());
  await bo.close();

  server.openGate();
  await page.getByText('The release is over: succeeded').waitFor({ state: 'attached' });
  assert.equal(await page.locator('.cell.c-succeeded').count(), 4);
  await page.locator('.line').getByText('on host-4').first().waitFor();

  await button(page, 'Undo…').click();
  await button(page, 'Undo 4 instances').click();
  await page.waitForURL(new RegExp(`/r/(?!${release})rel_`));
  await succeeded(page);
  await page.close();
});

test('a held instance says who holds it and why, until the hold is ended', async () => {
  const page = await signedIn('/s/web');
  await page.getByLabel('Choose host-1').check();
  await button(page, /^Hold/).click();
  await page.getByLabel('Why').fill('kernel work');
  await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click();
  await page.getByText('held by ana: kernel work').waitFor();
  await page.goto(`${server.origin}/s/web/release?action=UPGRADE&to=1.1.0`);
  await page.getByText('1 left out: locked (1)').waitFor();
  await button(page, 'Upgrade 3 instances').waitFor();
  // It is ended elsewhere, and the dialogue counts anew.
  const other = await signedIn('/holds');
  await button(other, 'End').click();
  await button(page, 'Upgrade 4 instances').waitFor();
  await other.getByText('Nothing is held').waitFor();
  await other.close();
  await page.close();
});

test('a double click and a lost answer make one release, and a changed selection is shown', async () => {
  const count = async () => (await ask(admin, '{ releases(first: 0) { totalCount } }')).releases.totalCount;
  const before = await count();
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.1.0&hosts=host-1');
  const sent = [];
  await page.route('**/graphql', async route => {
    const { variables } = route.request().postDataJSON();
    if (!variables?.input?.idempotencyKey) {
      return route.continue();
    }
    sent.push(variables.input);
    if (sent.length === 1) {
      // As if somebody had changed something between the look and the click.
      const body = route.request().postDataJSON();
      body.variables.input.expectedCount += 1;
      return route.continue({ postData: JSON.stringify(body) });
    }
    if (sent.length === 2) {
      await route.fetch();
      return route.abort();
    }
    return route.continue();
  });
  await button(page, 'Upgrade 1 instance').click();
  await page.getByText('has changed meanwhile').waitFor();
  await button(page, 'Upgrade 1 instance').dblclick();
  await button(page, 'Try again').click();
  await page.waitForURL(/\/r\/rel_\d+$/);
  assert.equal(await count(), before + 1);
  assert.equal(sent.length, 3);
  assert.equal(sent[1].idempotencyKey, sent[2].idempotencyKey);
  assert.match(browser.wrong.splice(0).join(), /ERR_FAILED/);
  await succeeded(page);
  await page.close();
});

test('one host fails: why, its last line, and sent again from where one looks', async () => {
  await makeService(admin, { service: 'job', executor: 'failing', versions: ['1.0.0', '2.0.0'] });
  await change(admin, 'adoptInstances', { service: 'job', version: '1.0.0', hosts: { hostnames: ['host-1', 'host-2', 'host-3', 'host-4'] } });
  await change(admin, 'upgradeInstances', {
    service: 'job',
    version: '2.0.0',
    hosts: { all: true },
    rollout: { onFailure: 'CONTINUE', maxFailures: { count: 4 } },
  });
  const page = await signedIn('/');
  await page.getByRole('region', { name: /Needs you/ }).getByRole('link', { name: 'host-2' }).first().waitFor();
  await page.getByRole('region', { name: /Needs you/ }).getByRole('link', { name: /^rel_/ }).first().click();
  const detail = page.getByRole('region', { name: 'host-2' });
  await detail.getByText('exit 1').waitFor();
  await detail.locator('pre').filter({ hasText: 'fails on host-2' }).waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  await page.keyboard.press('f');
  await detail.waitFor();
  await detail.getByRole('button', { name: 'Only its output' }).click();
  await page.waitForURL(/output=host/);
  await until(async () => !(await page.locator('.line .from').allInnerTexts()).some(host => host !== 'host-2'));
  await page.locator('.line a').last().click();
  await page.waitForURL(/line=/);
  await page.reload();
  await page.locator('.line.chosen').waitFor();
  await detail.getByRole('link', { name: 'Retry' }).click();
  await button(page, 'Upgrade 1 instance').waitFor();
  assert.match(page.url(), /hosts=host-2/);
  await page.goBack();
  await detail.waitFor();
  await page.close();
});

nothingElse();
