import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { overSockets } from './lib/clients.js';
import { authorization } from './lib/server.js';
import { watching } from './lib/watching.js';

await watching('urql', (way) => {
  const sockets = overSockets(way);
  const client = new Client({
    url: way.url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe(sink) {
            // A copy that notes how far we are: after a reconnect, it is sent again.
            const payload = { query, variables: { ...variables } };
            const next = (result) => {
              for (const event of Object.values(result.data ?? {})) {
                if (event?.cursor) payload.variables.after = event.cursor;
              }
              sink.next(result);
            };
            return { unsubscribe: sockets.subscribe(payload, { ...sink, next }) };
          },
        }),
      }),
    ],
  });
  return {
    async snapshot(query, variables) {
      const { data, error } = await client.query(query, variables, { requestPolicy: 'network-only' }).toPromise();
      if (error) throw error;
      return data;
    },
    watch(query, variables, seen, failed) {
      client.subscription(query, variables).subscribe(({ data, error }) => {
        if (error) failed(error);
        else if (data) seen(data.instanceStatusChanged);
      });
    },
  };
});
