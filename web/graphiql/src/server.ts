import type { FetcherParams } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';

/** The server's addresses, beside the page's own, so that a proxy may put a prefix before all of them. */
export const graphqlUrl = new URL('graphql', document.baseURI);
export const socketUrl = new URL('graphql/ws', document.baseURI.replace(/^http/, 'ws'));

/** Asks a query or a mutation. Errors of GraphQL are part of the answer; an answer that is none is thrown. */
export async function ask(token: string, { query, variables, operationName }: FetcherParams): Promise<ExecutionResult> {
  const response = await fetch(graphqlUrl, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query, variables, operationName }),
  });
  if (!/json/.test(response.headers.get('content-type') ?? '')) {
    throw new Error(`The server answered with status ${response.status} and no JSON.`);
  }
  return response.json();
}
