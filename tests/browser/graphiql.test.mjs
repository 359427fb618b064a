// GraphiQL in a real browser: the token, the editor, the menu.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './fleet.mjs';
import { answer, complaints, ready, run, text, write } from './graphiql.mjs';
import { startServer } from './server.mjs';
import { begin, browser, nothingElse, server } from './setup.mjs';

begin(startServer);

test('a link brings the token, which leaves the address and is kept for the tab', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  assert.equal(page.url(), server.page);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('lockkeeper:token')), server.token);
  await page.reload();
  await ready(page);
  // The same page with another fragment is not loaded anew.
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(server.link);
  await page.waitForURL(server.page);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('lockkeeper:token')), server.token);
  await ready(page);
  await page.close();
});

test('a link never replaces the token of a tab without asking', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  const kept = () => page.evaluate(() => sessionStorage.getItem('lockkeeper:token'));
  const strangers = `lk_${'x'.repeat(38)}`;
  const link = `${server.page}#token=${strangers}`;
  // The same page with another fragment is not loaded anew; behind another page, it is.
  for (const before of [server.page, 'about:blank']) {
    await page.goto(before);
    await page.goto(link);
    const choice = page.getByRole('alertdialog');
    await choice.getByText('lk_xxxx…').waitFor();
    assert.equal(page.url(), server.page);
    assert.equal(await kept(), server.token);
    await browser.screenshot(page, 'token-choice');
    await choice.getByRole('button', { name: 'Keep my token' }).click();
    await ready(page);
    assert.equal(await kept(), server.token);
    await run(page, 'Now');
    await answer(page, ({ data }) => data);
  }
  await page.goto(link);
  await page.getByRole('button', { name: 'Use the token of the link' }).click();
  await page.getByRole('alert').getByText('is not valid').waitFor();
  assert.match(browser.wrong.splice(0).join(), /^[^,]*401[^,]*$/);
  assert.equal(await kept(), null);
  await page.close();
});

test('without a token that counts, the page asks for one and says why', async () => {
  const page = await browser.context.newPage();
  await page.goto(`${server.page}#token=lk_wrong`);
  await page.getByRole('alert').getByText('is not valid').waitFor();
  await browser.screenshot(page, 'token');
  // The refusal is also an error on the browser's console; it is the only one.
  assert.match(browser.wrong.splice(0).join(), /^[^,]*401[^,]*$/);
  await page.getByLabel('Token').fill(server.token);
  await page.getByRole('button', { name: 'Open GraphiQL' }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Change token' }).click();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('lockkeeper:token')), null);
  await page.getByLabel('Token').fill(server.token);
  await page.getByRole('button', { name: 'Open GraphiQL' }).click();
  await ready(page);
  await run(page, 'Now');
  await answer(page, ({ data }) => data);
  await page.close();
});

test('the editor completes from the schema, and tidies what was written', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  await page.getByRole('button', { name: 'New tab' }).click();
  await write(page, '.graphiql-query-editor', 'query Tidy { viewer {name # who\nro');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row').getByText('role').first().click();
  await write(page, '.graphiql-editor-tool', '{"a":[1,2], // two\n');
  await page.getByRole('button', { name: /^Prettify query/ }).click();
  await until(async () => (await text(page, 'operation.graphql')).includes('  viewer {\n    name # who\n    role\n  }\n'));
  await until(async () => (await text(page, 'variables.json')).includes('{\n  "a": [\n    1,\n    2\n  ], // two\n}'));
  await browser.screenshot(page, 'editor');
  await page.close();
});

test('the editor finds nothing wrong with any example', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  for (const tab of ['Now', 'Why', 'Upgrade', 'Watch', 'Revert', 'Hold']) {
    await page.locator(`.graphiql-tab-button[title=${tab}]`).first().click();
    // A mistake of our own shows that the editor has looked.
    await write(page, '.graphiql-query-editor', `${await text(page, 'operation.graphql')}{`);
    await until(async () => (await complaints(page)).some(({ file }) => file.endsWith('operation.graphql')));
    await page.keyboard.press('Control+Z');
    await until(async () => (await complaints(page)).length === 0);
  }
  await page.close();
});

test('the menu opens an example in a tab of its own', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  await page.getByLabel('Open an example').selectOption('Watch');
  await page.locator('.graphiql-tab-active').getByText('Watch').waitFor();
  assert.match(await text(page, 'operation.graphql'), /instanceStatusChanged/);
  assert.match(await text(page, 'variables.json'), /serviceIds/);
  await page.close();
});

nothingElse();
