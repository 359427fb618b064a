// The server to try: the one that GRAPHIQL_LINK names (`http://HOST/graphiql#token=TOKEN`), else a demo of our own.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.LOCKKEEPER ?? fileURLToPath(new URL('../../target/debug/lockkeeper', import.meta.url));

export async function startServer() {
  const given = process.env.GRAPHIQL_LINK;
  if (given) {
    return { ...parts(given), stop: () => {} };
  }
  const demo = spawn(BINARY, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => demo.kill();
  for await (const line of createInterface({ input: demo.stdout })) {
    const link = /http:\S+\/graphiql#token=\w+/.exec(line)?.[0];
    if (link) {
      demo.stdout.resume();
      return { ...parts(link), stop };
    }
  }
  throw new Error(`${BINARY} demo ended without a link to GraphiQL`);
}

function parts(link) {
  const url = new URL(link);
  const token = new URLSearchParams(url.hash.slice(1)).get('token');
  return { link, page: url.origin + url.pathname, origin: url.origin, token };
}
