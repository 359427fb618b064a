// GraphiQL in a real browser: the token, the examples, and an upgrade in one window that is watched in another.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { answer, complaints, ready, run, text, write } from './graphiql.mjs';
import { startServer } from './server.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await openBrowser(server.origin);
});

after(async () => {
  await browser?.close();
  server?.stop();
});

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
    await run(page, 'Fleet');
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
  await run(page, 'Fleet');
  await answer(page, ({ data }) => data);
  await page.close();
});

test('an upgrade in one window shows each host UPGRADING and then RUNNING in another, through a broken socket', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  await run(page, 'Fleet');
  const { data: fleet } = await answer(page, ({ data }) => data?.services.nodes.length > 0);
  assert.ok(fleet.services.nodes[0].instanceCounts.length > 0);
  await browser.screenshot(page, 'fleet');

  const sockets = [];
  await browser.context.routeWebSocket(/\/graphql\/ws$/, route => {
    const upstream = route.connectToServer();
    const sent = [];
    route.onMessage(text => {
      upstream.send(text);
      sent.push(JSON.parse(text));
    });
    sockets.push({ route, sent: type => sent.find(message => message.type === type) });
  });
  const opened = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'New window' }).click();
  const watching = await ready(await opened);
  await run(watching, 'Watch');
  await poll(() => sockets[0]?.sent('subscribe'));

  await run(page, 'UpgradeDryRun');
  const { data: dry } = await answer(page, ({ data }) => data?.upgradeInstances);
  assert.deepEqual(dry.upgradeInstances.userErrors, []);
  const hostnames = dry.upgradeInstances.accepted.map(({ host }) => host.hostname);
  assert.ok(hostnames.length >= 2);
  await run(page, 'Upgrade');
  const { data: real } = await answer(page, ({ data }) => data?.upgradeInstances.release);
  assert.equal(real.upgradeInstances.acceptedCount, hostnames.length);
  await browser.screenshot(page, 'upgrade');

  await answer(watching, ({ received }) => received >= hostnames.length);
  await browser.screenshot(watching, 'watch-upgrading');
  await sockets[0].route.close({ code: 1012, reason: 'The server restarts' });
  const seen = await answer(watching, ({ newestFirst = [] }) => moved(newestFirst, hostnames));
  assert.equal(seen.received, 2 * hostnames.length, 'each change once');
  const { variables } = sockets[1].sent('subscribe').payload;
  assert.ok(seen.newestFirst.some(({ cursor }) => cursor === variables.after));
  for (const hostname of hostnames) {
    assert.deepEqual(statuses(seen.newestFirst, hostname), ['UPGRADING', 'RUNNING']);
  }
  await browser.screenshot(watching, 'watch-running');
  assert.ok(!sockets[1].sent('complete'));
  await watching.getByRole('button', { name: /^Stop query/ }).click();
  await poll(() => sockets[1].sent('complete'));
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
  await poll(async () => (await text(page, 'operation.graphql')).includes('  viewer {\n    name # who\n    role\n  }\n'));
  await poll(async () => (await text(page, 'variables.json')).includes('{\n  "a": [\n    1,\n    2\n  ], // two\n}'));
  await browser.screenshot(page, 'editor');
  await page.close();
});

test('the editor finds nothing wrong with any example', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  for (const tab of ['UpgradeDryRun', 'Upgrade', 'Watch', 'Fleet']) {
    await page.locator(`.graphiql-tab-button[title=${tab}]`).first().click();
    // A mistake of our own shows that the editor has looked.
    await write(page, '.graphiql-query-editor', `${await text(page, 'operation.graphql')}{`);
    await poll(async () => (await complaints(page)).some(({ file }) => file.endsWith('operation.graphql')));
    await page.keyboard.press('Control+Z');
    await poll(async () => (await complaints(page)).length === 0);
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

test('no page asked another host for anything, and none had an error', () => {
  assert.deepEqual(browser.strangers(), []);
  assert.deepEqual(browser.wrong, []);
});

/** Whether each host was seen to run again. */
function moved(newestFirst, hostnames) {
  return hostnames.every(hostname => statuses(newestFirst, hostname).includes('RUNNING'));
}

/** What a host went through, oldest first. */
function statuses(newestFirst, hostname) {
  return newestFirst.filter(event => event.hostname === hostname).map(({ status }) => status).reverse();
}

async function poll(condition) {
  for (const deadline = Date.now() + 30_000; !(await condition()); ) {
    assert.ok(Date.now() < deadline, `waited too long for ${condition}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
