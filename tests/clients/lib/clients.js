import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization } from './server.js';
import { soon } from './watching.js';

/** A client for WebSocket that comes back whatever happens. */
export const overSockets = (way) =>
  createClient({
    url: way.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization }),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: soon,
  });

/** What a watcher needs of a client whose answers are iterated. */
export const iterating = (client) => ({
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
});
