import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization } from './lib/server.js';
import { soon, watching } from './lib/watching.js';

await watching('graphql-ws', (way) => {
  const client = createClient({
    url: way.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization }),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: soon,
  });
  return {
    async snapshot(query, variables) {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (errors) throw errors[0];
        return data;
      }
    },
    async watch(query, variables, seen, failed) {
      try {
        for await (const { data, errors } of client.iterate({ query, variables })) {
          if (errors) throw errors[0];
          // The same object is sent again after a reconnect: so it has to say how far we are.
          variables.after = data.instanceStatusChanged.cursor;
          seen(data.instanceStatusChanged);
        }
      } catch (error) {
        failed(error);
      }
    },
  };
});
