// A release in waves in a real browser: planned, seen, paused, resumed and canceled.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change } from './fleet.mjs';
import { accessible, admin, beginWith, button, signedIn } from './pages.mjs';
import { browser, nothingElse, server } from './setup.mjs';

beginWith({ executor: 'quick', versions: ['1.0.0', '1.1.0', '1.2.0'] });

const wave = (page, number) => page.locator('.waves .wave').nth(number - 1);
const dialogButton = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true });

test('in waves: the plan says which, the page shows how far each is, and p resumes after the pause', async () => {
  await change(admin, 'updateService', {
    service: 'web',
    maxUnavailable: { percent: 50 },
    rollout: { maxParallel: { count: 2 }, onFailure: 'PAUSE', waves: [{ upTo: { count: 1 }, pauseAfter: true }, { upTo: { percent: 100 } }] },
  });
  const page = await signedIn('/s/web');
  const rollout = page.getByRole('region', { name: 'How it moves' });
  await rollout.getByText('0 of at most 2 are unavailable').waitFor();
  await rollout.getByText('1, then pauses → 100%').waitFor();
  await page.goto(`${server.origin}/s/web/release?action=UPGRADE&to=1.1.0`);
  // The dialogue begins with what the service has, and sends something else only where it is changed.
  assert.equal(await page.getByLabel('At a time').getAttribute('placeholder'), '2');
  assert.equal(await page.getByLabel('Wave 1 up to').inputValue(), '1');
  const plan = page.getByRole('region', { name: 'What will happen' });
  await plan.getByText('Wave 1: 1').waitFor();
  await plan.getByText('Wave 2: 3').waitFor();
  await plan.getByText('In the worst case 2 have failed when it pauses.').waitFor();
  await page.getByLabel('For each value of a label').fill('rack:1');
  await plan.getByText('at most 1 with the same rack').waitFor();
  await page.getByLabel('For each value of a label').fill('');
  await page.getByLabel('Wave 1 up to').fill('two');
  await plan.getByText('Write numbers such as 10').waitFor();
  assert.ok(await button(page, 'Upgrade 0 instances').isDisabled());
  await page.getByLabel('Wave 1 up to').fill('2');
  await plan.getByText('Wave 1: 2').waitFor();
  await accessible(page, 'the dialogue with waves');
  await button(page, 'Upgrade 4 instances').click();
  await page.waitForURL(/\/r\/rel_\d+$/);

  await page.getByText('Paused after a wave · lockkeeper').waitFor();
  await wave(page, 1).getByText('2/2').waitFor();
  await wave(page, 2).getByText('0/2').waitFor();
  await page.getByRole('rowheader', { name: 'Wave 2' }).waitFor();
  await page.getByRole('region', { name: 'Waiting' }).getByText('paused').first().waitFor();
  await accessible(page, 'a release that is paused after a wave');
  await browser.screenshot(page, 'console-waves');
  const needs = await signedIn('/');
  await needs.getByRole('region', { name: /Needs you/ }).getByText('Paused after a wave').waitFor();
  await needs.close();

  await page.locator('h1').click();
  await page.keyboard.press('p');
  await dialogButton(page, 'Resume').click();
  await wave(page, 2).getByText('2/2').waitFor();
  await page.locator('.release > .head .status', { hasText: 'succeeded' }).waitFor();
  assert.ok(await button(page, 'Retry').isDisabled());
  assert.equal(await button(page, 'Retry').getAttribute('title'), 'It succeeded everywhere.');
  await page.close();
});

test('another operator pauses: who, why, and what each host waits for; then it is canceled and goes back', async () => {
  await change(admin, 'updateService', { service: 'web', executor: 'gated', rollout: null, maxUnavailable: null });
  server.closeGate();
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.2.0&parallel=1&waves=1~1h,100%25');
  await button(page, 'Upgrade 4 instances').click();
  await page.waitForURL(/\/r\/rel_\d+$/);
  await page.locator('.cell.c-running').waitFor();
  await wave(page, 1).getByText('then waits 1:00:00').waitFor();
  const path = new URL(page.url()).pathname;

  const bo = await signedIn(path, server.createToken('bo', 'operator'));
  await button(bo, 'Pause').click();
  await bo.getByLabel('Why').fill('looks odd');
  await dialogButton(bo, 'Pause').click();
  await bo.close();
  await page.getByText('Paused · bo').waitFor();
  await page.getByText('looks odd', { exact: true }).waitFor();
  await page.getByRole('status').filter({ hasText: 'bo: paused this' }).waitFor();

  // It goes on; the first wave is done and soaks, which a click ends.
  await button(page, 'Resume').click();
  await dialogButton(page, 'Resume').click();
  await button(page, 'Pause').waitFor();
  const waiting = page.getByRole('region', { name: 'Waiting' });
  server.openGate();
  await wave(page, 1).getByText('soaking').waitFor();
  await waiting.getByText(/soak:.*until .*\(in /).first().waitFor();
  server.closeGate();
  await button(page, 'End the soak').click();
  await dialogButton(page, 'End the soak').click();
  await page.locator('.cell.c-running').waitFor();
  await waiting.getByText('moves one target at a time').first().waitFor();
  await waiting.getByRole('link', { name: 'host-4' }).click();
  await page.getByRole('region', { name: 'host-4' }).getByText('moves one target at a time').waitFor();

  await button(page, 'Cancel the release').click();
  await page.getByRole('dialog').getByLabel('Stop what runs, and go back').check();
  await dialogButton(page, 'Cancel the release').click();
  await page.getByText(/undone by/).waitFor();
  server.openGate();
  await page.getByRole('link', { name: /^rel_/ }).last().click();
  await page.locator('.release > .head .status', { hasText: 'succeeded' }).waitFor();
  await page.close();
});

test('output is searched, and times are those of UTC where the address says so', async () => {
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.2.0&parallel=4');
  server.openGate();
  await button(page, 'Upgrade 4 instances').click();
  await page.waitForURL(/\/r\/rel_\d+$/);
  await until(page, 4);
  await page.locator('h1').click();
  await page.keyboard.press('/');
  await page.keyboard.type('HOST-3');
  await page.waitForURL(/find=HOST-3/);
  await until(page, 1);
  await page.getByLabel('Find in output').fill('no such line');
  await page.getByText('Nothing fits the filter').waitFor();
  assert.match(await page.locator('time').first().getAttribute('title'), /GMT\+5:30$/);
  await page.getByLabel('UTC').check();
  await page.waitForURL(/utc/);
  assert.match(await page.locator('time').first().getAttribute('title'), /(GMT|UTC)(\+0)?$/);
  await page.getByRole('link', { name: 'Hosts' }).click();
  await page.waitForURL(/\/hosts\?utc$/);
  await page.getByLabel('UTC').uncheck();
  await page.waitForURL(/\/hosts$/);
  await page.close();
});

test('all of it is reverted by keyboard, in the dialogue', async () => {
  const page = await signedIn('/s/web');
  await page.getByRole('heading', { name: 'Versions' }).waitFor();
  await page.keyboard.press('v');
  await page.getByLabel('To', { exact: true }).focus();
  await page.keyboard.type('1.1.0');
  await button(page, 'Revert 4 instances').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/r\/rel_\d+$/);
  await page.locator('.release > .head .status', { hasText: 'succeeded' }).waitFor();
  await page.close();
});

/** Waits until this many lines of commands are shown. */
async function until(page, count) {
  await page.waitForFunction(count => document.querySelectorAll('.line.l-STDOUT').length === count, count);
}

nothingElse();
