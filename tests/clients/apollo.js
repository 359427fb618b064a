import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { tap } from 'rxjs';
import { overSockets } from './lib/clients.js';
import { authorization } from './lib/server.js';
import { watching } from './lib/watching.js';

// A link that notes how far a subscription is: after a reconnect, it goes on from there.
const resume = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(({ data }) => {
      for (const event of Object.values(data ?? {})) {
        if (event?.cursor) operation.variables.after = event.cursor;
      }
    }),
  ),
);

await watching('apollo', (way) => {
  const sockets = new GraphQLWsLink(overSockets(way));
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      resume.concat(sockets),
      new HttpLink({ uri: way.url, headers: { authorization } }),
    ),
  });
  return {
    async snapshot(query, variables) {
      return (await client.query({ query: gql(query), variables, fetchPolicy: 'network-only' })).data;
    },
    watch(query, variables, seen, failed) {
      client.subscribe({ query: gql(query), variables }).subscribe({
        next: ({ data, error }) => (error ? failed(error) : seen(data.instanceStatusChanged)),
        error: failed,
      });
    },
  };
});
