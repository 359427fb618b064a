import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { type OperationDefinitionNode, getOperationAST, parse } from 'graphql';
import { ask } from './server';
import { openSocket, watch } from './watch';

/** How GraphiQL sends operations: subscriptions over a socket, all others over HTTP. */
export function createFetcher(token: string): Fetcher {
  const socket = openSocket(token);
  return sent => {
    // GraphiQL's own idea of the operation comes a little later than the text, after a change of tabs.
    const operation = meant(sent);
    const params = operation ? { ...sent, operationName: operation.name?.value } : sent;
    if (operation?.operation === 'subscription') {
      return watch(socket, params, operation);
    }
    return ask(token, params);
  };
}

/** The operation of this name, or the only one; undefined if the text cannot be parsed, which the server then reports. */
function meant({ query, operationName }: FetcherParams): OperationDefinitionNode | null | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}
