import { createClient } from 'graphql-sse';
import { authorization } from './lib/server.js';
import { soon, watching } from './lib/watching.js';

await watching('graphql-sse', (way) => {
  const client = createClient({ url: way.url, headers: { authorization }, retryAttempts: Infinity, retry: soon });
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
          variables.after = data.instanceStatusChanged.cursor;
          seen(data.instanceStatusChanged);
        }
      } catch (error) {
        failed(error);
      }
    },
  };
});
