// Servers to try: for GraphiQL, the one that GRAPHIQL_LINK names (`http://HOST/graphiql#token=TOKEN`) or else a demo of
// our own; for the rest, one with a configuration.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A server with this configuration on a database of its own, and a token for it. */
export async function serve(configuration) {
  const cwd = mkdtempSync(join(tmpdir(), 'lockkeeper-browser-'));
  writeFileSync(join(cwd, 'lockkeeper.toml'), configuration);
  const token = execFileSync(BINARY, ['token', 'create', '--name', 'page', '--role', 'viewer'], { cwd, encoding: 'utf8' });
  const server = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0'], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = () => {
    server.once('exit', () => rmSync(cwd, { recursive: true }));
    server.kill();
  };
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\S+\/graphql/.exec(line)?.[0];
    if (url) {
      server.stdout.resume();
      return { url, token: token.trim(), stop };
    }
  }
  throw new Error(`${BINARY} serve ended before it served`);
}

function parts(link) {
  const url = new URL(link);
  const token = new URLSearchParams(url.hash.slice(1)).get('token');
  return { link, page: url.origin + url.pathname, origin: url.origin, token };
}
