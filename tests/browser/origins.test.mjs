// Pages of other origins in a real browser: one that `[server] origins` lists may query and open sockets, others not.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { serve } from './server.mjs';

let pages;
let server;
let browser;

/** A page with nothing on it, at an origin of its own. */
async function publish() {
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'));
  await new Promise(resolve => site.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${site.address().port}`, close: () => site.close() };
}

before(async () => {
  pages = { listed: await publish(), other: await publish() };
  server = await serve(`[server]\norigins = [${JSON.stringify(pages.listed.origin)}]\n`);
  browser = await openBrowser(pages.listed.origin);
});

after(async () => {
  await browser?.close();
  server?.stop();
  Object.values(pages ?? {}).forEach(page => page.close());
});

async function open(origin) {
  const page = await browser.context.newPage();
  await page.goto(origin);
  return page;
}

/** What a page reads of an answer; an error if the browser does not let it. */
const query = page =>
  page.evaluate(async ({ url, token }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { name } }' }),
    });
    const { data } = await response.json();
    return { name: data.viewer.name, id: response.headers.get('x-request-id') };
  }, { url: server.url, token: server.token });

/** How a socket of a page begins: with its first message, or by being closed with a code. */
const socket = (page, url) =>
  page.evaluate(
    ({ url, token }) =>
      new Promise(resolve => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        const payload = { authorization: `Bearer ${token}` };
        socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload }));
        socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
        socket.onclose = ({ code }) => resolve(code);
      }),
    { url: url.replace('http', 'ws'), token: server.token },
  );

test('a page whose origin is listed queries by fetch and opens sockets', async () => {
  const page = await open(pages.listed.origin);
  const { name, id } = await query(page);
  assert.equal(name, 'page');
  assert.match(id, /^\w{16}$/);
  for (const url of [`${server.url}/ws`, server.url]) {
    assert.equal(await socket(page, url), 'connection_ack', url);
  }
  assert.deepEqual(browser.wrong, []);
});

test('a page whose origin is not listed may neither', async () => {
  const page = await open(pages.other.origin);
  await assert.rejects(query(page), /Failed to fetch/);
  for (const url of [`${server.url}/ws`, server.url]) {
    // The browser tells a page no more of a refused handshake.
    assert.equal(await socket(page, url), 1006, url);
  }
  assert.match(browser.wrong.splice(0).join('\n'), /blocked by CORS policy/);
});

test('a page of the server itself needs no setting', async () => {
  const page = await open(new URL('/graphiql', server.url).href);
  assert.equal((await query(page)).name, 'page');
  assert.equal(await socket(page, `${server.url}/ws`), 'connection_ack');
});
