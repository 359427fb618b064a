// Clients that send the hash of a query in place of its text fall back to the text, as the server keeps none: Apollo
// Client and urql, by POST and by GET, and a hash over WebSocket.

import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { overSockets } from './lib/clients.js';
import { address, authorization } from './lib/server.js';

const VIEWER = 'query Viewer { viewer { name } }';
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const url = new URL('/graphql', address).href;

/** A `fetch` that notes what each request had: a hash alone, or a text. */
function noting() {
  const sent = [];
  const noted = (where, options) => {
    const at = new URL(where);
    const body = options.body ? JSON.parse(options.body) : Object.fromEntries(at.searchParams);
    sent.push(`${options.method} ${body.query ? 'text' : 'hash'}`);
    return fetch(where, options);
  };
  return { sent, fetch: noted };
}

async function apollo(useGETForHashedQueries) {
  const { sent, fetch } = noting();
  const link = new PersistedQueryLink({ sha256, useGETForHashedQueries });
  const http = new HttpLink({ uri: url, headers: { authorization }, fetch });
  const client = new ApolloClient({ cache: new InMemoryCache(), link: link.concat(http) });
  for (const _ of [1, 2]) {
    const { data } = await client.query({ query: gql(VIEWER), fetchPolicy: 'network-only' });
    assert.equal(data.viewer.name, 'frontend');
  }
  // It learns at the first query that the server keeps none.
  assert.deepEqual(sent, [`${useGETForHashedQueries ? 'GET' : 'POST'} hash`, 'POST text', 'POST text']);
}

async function urql(preferGetForPersistedQueries) {
  const { sent, fetch } = noting();
  const exchanges = [persistedExchange({ preferGetForPersistedQueries, generateHash: async (text) => sha256(text) }), fetchExchange];
  const client = new Client({ url, preferGetMethod: false, fetch, fetchOptions: { headers: { authorization } }, exchanges });
  for (const _ of [1, 2]) {
    const { data, error } = await client.query(VIEWER, {}, { requestPolicy: 'network-only' }).toPromise();
    assert.equal(error, undefined);
    assert.equal(data.viewer.name, 'frontend');
  }
  // It repeats the first query by the method that it had tried, and then knows.
  const method = preferGetForPersistedQueries ? 'GET' : 'POST';
  assert.deepEqual(sent, [`${method} hash`, `${method} text`, 'POST text']);
}

/** The operation fails, and the socket goes on. The client sends nothing without a text, but an empty one. */
async function sockets() {
  const client = overSockets({ socketUrl: new URL('/graphql/ws', address).href.replace('http', 'ws') });
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(VIEWER) } };
  const ended = new Promise((next, error) => client.subscribe({ query: '', extensions }, { next, error, complete() {} }));
  await assert.rejects(ended, ([{ message, extensions: { code } }]) => {
    assert.deepEqual([message, code], ['PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED']);
    return true;
  });
  const { data } = await client.iterate({ query: VIEWER }).next().then(({ value }) => value);
  assert.equal(data.viewer.name, 'frontend');
  await client.dispose();
}

for (const get of [false, true]) {
  await apollo(get);
  await urql(get);
}
await sockets();
console.log('persisted queries: Apollo and urql fall back by POST and GET, and a socket stays open');
process.exit(0);
