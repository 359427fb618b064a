// GraphQL over HTTP, by the audits of its working group's reference.

import { auditServer } from 'graphql-http';
import { address, authorization } from './lib/server.js';

const results = await auditServer({
  url: new URL('/graphql', address).href,
  fetchFn: (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization } }),
});
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, status, reason } of failed) console.error(`${status} ${id} ${name}: ${reason}`);
console.log(`graphql-http: ${results.length - failed.length} of ${results.length} audits are ok`);
process.exit(failed.length || results.length < 61 ? 1 : 0);
