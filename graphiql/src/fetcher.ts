import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { type OperationDefinitionNode, getOperationAST, parse } from 'graphql';
import { ask } from './server';
import { openSocket, watch } from './watch';

/** How GraphiQL asks: subscriptions over a socket, all else over HTTP. */
export function createFetcher(token: string): Fetcher {
  const socket = openSocket(token);
  return given => {
    // GraphiQL's own idea of the operation comes a little later than the text, after a change of tabs.
    const operation = meant(given);
    const params = operation ? { ...given, operationName: operation.name?.value } : given;
    if (operation?.operation === 'subscription') {
      return watch(socket, params, operation);
    }
    return ask(token, params);
  };
}

/** The operation of this name, or the only one; none if the text cannot be read, which is for the server to tell. */
function meant({ query, operationName }: FetcherParams): OperationDefinitionNode | null | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}
