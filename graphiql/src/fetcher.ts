import type { Fetcher } from '@graphiql/toolkit';
import { type DocumentNode, getOperationAST } from 'graphql';
import { ask } from './server';
import { openSocket, watch } from './watch';

/** How GraphiQL asks: subscriptions over a socket, all else over HTTP. */
export function createFetcher(token: string): Fetcher {
  const socket = openSocket(token);
  return (params, options) => {
    if (isSubscription(options?.documentAST, params.operationName)) {
      // What GraphiQL is given it shows, whatever its type says.
      return watch(socket, params, options?.documentAST) as AsyncIterable<object>;
    }
    return ask(token, params);
  };
}

function isSubscription(document: DocumentNode | undefined, name: string | null | undefined): boolean {
  return !!document && getOperationAST(document, name)?.operation === 'subscription';
}
