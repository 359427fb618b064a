// GraphiQL's examples in a real browser, and an upgrade in one window that is watched in another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './fleet.mjs';
import { answer, ready, run } from './graphiql.mjs';
import { startServer } from './server.mjs';
import { begin, browser, nothingElse, server } from './setup.mjs';

begin(startServer);

test('the examples work when they are pressed one after another', async () => {
  const page = await browser.context.newPage();
  await page.goto(server.link);
  await ready(page);
  await run(page, 'Now');
  const { data: now } = await answer(page, ({ data }) => data?.services.nodes.length > 0);
  const [failed] = now.instances.nodes;
  assert.equal(failed.status, 'UPGRADE_FAILED');
  await browser.screenshot(page, 'now');

  await run(page, 'Why');
  const { data: why } = await answer(page, ({ data }) => data?.releases.nodes[0]?.targets);
  const [target] = why.releases.nodes[0].targets.nodes;
  assert.equal(target.host.hostname, failed.host.hostname);
  assert.match(target.message, /fails on/);
  assert.ok(target.log.nodes.some(({ stream, text }) => stream === 'STDERR' && /fails on/.test(text)));
  await browser.screenshot(page, 'why');

  await run(page, 'Upgrade');
  const { data: upgrade } = await answer(page, ({ data }) => data?.upgradeInstances?.release);
  assert.deepEqual(upgrade.upgradeInstances.userErrors, []);
  const upgraded = hostnames(upgrade.upgradeInstances);
  assert.ok(upgraded.includes(failed.host.hostname), 'it goes on with the host that failed');
  await browser.screenshot(page, 'upgrade');

  // Nothing is missed, however long it takes to press the next button.
  await run(page, 'Watch');
  await answer(page, ({ newestFirst = [] }) => moved(newestFirst, upgraded));
  await browser.screenshot(page, 'watch');

  await run(page, 'Revert');
  const { data: revert } = await answer(page, ({ data }) => data?.revertInstances?.release);
  assert.deepEqual(revert.revertInstances.userErrors, []);
  assert.ok(hostnames(revert.revertInstances).length > 0);

  await run(page, 'Hold');
  const { data: hold } = await answer(page, ({ data }) => data?.holdInstances);
  assert.deepEqual(hold.holdInstances.userErrors, []);
  assert.ok(hold.holdInstances.holds[0].instance.locked);
  await browser.screenshot(page, 'hold');
  await page.close();
});

test('an upgrade in one window shows each host UPGRADING and then RUNNING in another, through a broken socket', async () => {
  const page = await browser.context.newPage();
  // The examples of the test before are kept, and are about hosts that have the version now. A page that is open would keep
  // its own again.
  await page.addInitScript(() => localStorage.clear());
  await page.goto(server.link);
  await ready(page);

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
  await until(() => sockets[0]?.sent('subscribe'));

  await run(page, 'Upgrade');
  const { data } = await answer(page, ({ data }) => data?.upgradeInstances?.release);
  const upgraded = hostnames(data.upgradeInstances);
  assert.ok(upgraded.length >= 2);

  await answer(watching, ({ newestFirst = [] }) => statuses(newestFirst, upgraded[0]).length > 0);
  await browser.screenshot(watching, 'watch-upgrading');
  await sockets[0].route.close({ code: 1012, reason: 'The server restarts' });
  const seen = await answer(watching, ({ newestFirst = [] }) => moved(newestFirst, upgraded));
  const { variables } = sockets[1].sent('subscribe').payload;
  assert.ok(seen.newestFirst.some(({ cursor }) => cursor === variables.after));
  for (const hostname of upgraded) {
    assert.deepEqual(statuses(seen.newestFirst, hostname), ['UPGRADING', 'RUNNING'], 'each change once');
  }
  await browser.screenshot(watching, 'watch-running');
  assert.ok(!sockets[1].sent('complete'));
  await watching.getByRole('button', { name: /^Stop query/ }).click();
  await until(() => sockets[1].sent('complete'));
});

nothingElse();

/** The hosts that take part in what was accepted. */
function hostnames({ accepted }) {
  return accepted.map(({ host }) => host.hostname);
}

/** Whether each host was seen to run again. */
function moved(newestFirst, hostnames) {
  return hostnames.every(hostname => statuses(newestFirst, hostname).includes('RUNNING'));
}

/** What a host went through, oldest first. */
function statuses(newestFirst, hostname) {
  return newestFirst.filter(event => event.hostname === hostname).map(({ status }) => status).reverse();
}
