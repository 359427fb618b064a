// Queries and mutations. Lists and pages read through a normalized cache; what a release page reads by the thousand goes
// past it.

import { Client, CombinedError, fetchExchange } from 'urql';
import { cacheExchange } from '@urql/exchange-graphcache';
import { KEYS } from '../gql/keys.ts';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { noteServerTime } from './clock.ts';
import { currentSession, tokenEnded } from './session.ts';

const url = '/graphql';

/** Sends a request with the token, notes the server's time, and says when the token has ended. */
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const { token } = currentSession();
  const response = await fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } });
  noteServerTime(response.headers.get('date'));
  if (response.status === 401 && token === currentSession().token) {
    tokenEnded();
  }
  return response;
}

export const client = new Client({
  url,
  preferGetMethod: false,
  fetch: send,
  requestPolicy: 'cache-and-network',
  exchanges: [cacheExchange({ keys: KEYS }), fetchExchange],
});

/** A client without a cache, for what is stored elsewhere. */
const direct = new Client({ url, preferGetMethod: false, fetch: send, requestPolicy: 'network-only', exchanges: [fetchExchange] });

/** Reads something once, past the cache. Throws a `CombinedError`. */
export async function read<R, V extends object>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
  const { data, error } = await direct.query<R>(document.toString(), variables).toPromise();
  return answered(data, error);
}

/** Carries out a mutation. Throws a `CombinedError`; problems with its input are part of what it returns. */
export async function change<R, V extends object>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
  const { data, error } = await client.mutation<R>(document.toString(), variables).toPromise();
  return answered(data, error);
}

/** Asks what a mutation would do. Nothing changes, so the cache need not know. */
export async function tryOut<R, V extends object>(document: TypedDocumentString<R, V>, variables: V): Promise<R> {
  const { data, error } = await direct.mutation<R>(document.toString(), variables).toPromise();
  return answered(data, error);
}

function answered<R>(data: R | undefined, error: CombinedError | undefined): R {
  if (error || data === undefined || data === null) {
    throw error ?? new CombinedError({ networkError: new Error('The server answered with nothing.') });
  }
  return data;
}
