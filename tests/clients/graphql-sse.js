import { createClient } from 'graphql-sse';
import { iterating } from './lib/clients.js';
import { authorization } from './lib/server.js';
import { soon, watching } from './lib/watching.js';

await watching('graphql-sse', (way) =>
  iterating(createClient({ url: way.url, headers: { authorization }, retryAttempts: Infinity, retry: soon })),
);
