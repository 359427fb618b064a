// The console's pages in a real browser, whatever is on them: roles, addresses, filters, texts of any kind, languages, clocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, makeService } from './fleet.mjs';
import { admin, beginWith, button, signedIn } from './pages.mjs';
import { browser, nothingElse, server } from './setup.mjs';

beginWith({ executor: 'quick', versions: ['1.0.0', '1.1.0'] });

test('a viewer sees everything and is told which role each button needs', async () => {
  const page = await signedIn('/s/web', server.token);
  const upgrade = button(page, /^Upgrade/).first();
  assert.ok(await upgrade.isDisabled());
  assert.match(await upgrade.innerText(), /needs the role OPERATOR/);
  await page.goto(`${server.origin}/s/web/release?action=UPGRADE&to=1.1.0`);
  await page.getByText('Your role does not allow this').waitFor();
  await page.goto(`${server.origin}/system`);
  await page.getByText('shown to operators').waitFor();
  await page.close();
});

test('what does not exist has a page that says so', async () => {
  const page = await signedIn('/');
  for (const [path, words] of [
    ['/s/nothing', 'no service of this name'],
    ['/s/nothing/release?action=UPGRADE', 'no service of this name'],
    ['/r/rel_999999', 'no release with this id'],
    ['/r/%E0%A4%A', 'no release with this id'],
    ['/hosts/nothing', 'no host of this name'],
    ['/s/web/release?action=UPGRADE&to=9.9.9', 'no version of this name'],
  ]) {
    await page.goto(server.origin + path);
    await page.getByText(words).first().waitFor();
  }
  const gone = await page.request.get(`${server.origin}/audit`);
  assert.equal(gone.status(), 404);
  await page.close();
});

test('filters are in the address, and back and forward go through them', async () => {
  const page = await signedIn('/s/web');
  await page.getByLabel('Host begins with').fill('host-3');
  await page.locator('tbody').getByText('host-3').waitFor();
  await page.getByRole('combobox', { name: 'Locks' }).selectOption('yes');
  await page.getByText('Nothing fits the filter').waitFor();
  await page.goBack();
  await page.getByLabel('Choose host-3').waitFor();
  assert.equal(await page.getByLabel(/^Choose host/).count(), 1);
  assert.match(page.url(), /q=host-3/);
  await page.goForward();
  await page.getByText('Nothing fits the filter').waitFor();
  await page.locator('h1').click();
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.getByLabel('Host contains').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('host-4');
  await page.waitForURL(/q=host-4/);
  await page.close();
});

test('what people write is shown as text: markup or long or right to left or with nothing to see', async () => {
  const markup = '<img src=x onerror="document.title=\'taken\'"><b>bold</b>';
  const reasons = [markup, 'x'.repeat(1000), '\u202eevil\u202c \u200b', 'مرحبا بالعالم'];
  await makeService(admin, { service: 'odd', executor: 'quick', versions: [], description: markup });
  await change(admin, 'createVersion', { service: 'odd', name: '1.0.0', description: markup, ref: markup, buildStatus: 'SUCCEEDED', artifact: 'x' });
  for (const reason of reasons) {
    await change(admin, 'freezeService', { service: 'odd', reason });
  }
  const page = await signedIn('/s/odd');
  await page.getByText(markup).first().waitFor();
  await page.goto(`${server.origin}/`);
  await page.getByText(markup).first().waitFor();
  await page.goto(`${server.origin}/holds`);
  await page.getByText(markup).first().waitFor();
  assert.equal(await page.locator('b, img').count(), 0);
  assert.notEqual(await page.title(), 'taken');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, 'a long text does not push the page to the side');
  await page.close();
});

test('a freeze window is made, freezes, and is removed', async () => {
  const page = await signedIn('/holds');
  await page.getByText('There are no freeze windows').waitFor();
  await button(page, 'Make a freeze window').click();
  const dialog = page.getByRole('dialog');
  for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Sat', 'Sun']) {
    await dialog.getByLabel(day).check();
  }
  await dialog.getByLabel('From').fill('00:00');
  await dialog.getByLabel('Time zone').fill('Mars/Olympus');
  await dialog.getByLabel('Services').selectOption('web');
  await dialog.getByLabel('Why').fill('never on a day');
  await dialog.getByRole('button', { name: 'Make' }).click();
  await dialog.getByRole('alert').getByText('Mars/Olympus').waitFor();
  await dialog.getByLabel('Time zone').fill('UTC');
  await dialog.getByRole('button', { name: 'Make' }).click();
  const windows = page.getByRole('region', { name: 'Freeze windows' });
  await windows.getByText('00:00–24:00').waitFor();
  await windows.getByText('open').waitFor();
  // It is what keeps the service's releases off.
  await page.getByRole('region', { name: 'Holds' }).getByText('never on a day').waitFor();
  const dialogue = await signedIn('/s/web/release?action=UPGRADE&to=1.1.0');
  await dialogue.getByText('Frozen.').waitFor();
  await windows.getByRole('button', { name: 'Remove' }).click();
  await button(dialogue, 'Upgrade 4 instances').waitFor();
  await page.getByText('There are no freeze windows').waitFor();
  await dialogue.close();
  await page.close();
});

test('what ends a freeze or a suspension says why it failed, and can be pressed again', async () => {
  await change(admin, 'freezeService', { service: 'web', reason: 'a look at it' });
  await change(admin, 'suspendFleet', { reason: 'a look at it' });
  for (const [path, name] of [
    ['/s/web', 'End the freeze'],
    ['/system', 'Resume'],
  ]) {
    const page = await signedIn(path);
    await page.route('**/graphql', route => (/^mutation/.test(route.request().postDataJSON().query) ? route.abort() : route.continue()));
    await button(page, name).click();
    await page.getByRole('alert').waitFor();
    assert.match(browser.wrong.splice(0).join(), /ERR_FAILED/);
    await page.unroute('**/graphql');
    await button(page, name).click();
    await button(page, name).waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('alert').count(), 0);
    await page.close();
  }
});

test('in Chinese, the page and its dialogue are Chinese', async () => {
  const page = await signedIn('/s/web/release?action=UPGRADE&to=1.1.0');
  await page.getByLabel('Language').selectOption('zh');
  await button(page, /^升级 \d 个实例$/).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-Hans');
  await page.goto(`${server.origin}/`);
  await page.getByRole('heading', { name: '服务' }).waitFor();
  await browser.screenshot(page, 'console-chinese');
  await page.evaluate(() => localStorage.clear());
  await page.close();
});

test('a clock that is an hour off changes nothing', async () => {
  const page = await browser.context.newPage();
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() - 3_600_000;
  });
  await page.goto(`${server.origin}/#token=${admin.token}`);
  const times = page.locator('#releases ~ * time');
  await times.first().waitFor();
  assert.match(await times.first().innerText(), /ago|now/);
  await page.close();
});

nothingElse();
