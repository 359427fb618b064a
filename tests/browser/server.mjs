// Servers to try: a demo of our own, or the one that LOCKKEEPER_DEMO names (`http://HOST/#token=TOKEN`); and servers with a
// configuration.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.LOCKKEEPER ?? fileURLToPath(new URL('../../target/debug/lockkeeper', import.meta.url));

/** A demo: its address, a token, and links to its pages that bring the token. */
export async function startServer() {
  const given = process.env.LOCKKEEPER_DEMO;
  if (given) {
    return { ...parts(given), stop: () => {} };
  }
  const demo = spawn(BINARY, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => demo.kill();
  for await (const line of createInterface({ input: demo.stdout })) {
    // The console's is the first of the links.
    const link = /http:\S+#token=\w+/.exec(line)?.[0];
    if (link) {
      demo.stdout.resume();
      return { ...parts(link), stop };
    }
  }
  throw new Error(`${BINARY} demo ended without a link to its console`);
}

/** A server with this configuration on a database of its own, a token for it, and what its administrator can do. */
export async function serve(configuration, role = 'viewer') {
  const cwd = mkdtempSync(join(tmpdir(), 'lockkeeper-browser-'));
  writeFileSync(join(cwd, 'lockkeeper.toml'), configuration.replaceAll('{directory}', cwd));
  const gate = join(cwd, 'gate');
  const cli = (...words) => execFileSync(BINARY, words, { cwd, encoding: 'utf8' }).trim();
  const createToken = (name, role) => cli('token', 'create', '--name', name, '--role', role);
  const token = createToken('page', role);
  let { url, process: server } = await listening(cwd, '127.0.0.1:0');
  const { origin, host } = new URL(url);
  const halt = () =>
    new Promise(resolve => {
      server.once('exit', resolve);
      server.kill();
    });
  return {
    url,
    origin,
    token,
    createToken,
    /** Lets the commands of the executor `gated` end, from now on. */
    openGate: () => writeFileSync(gate, ''),
    closeGate: () => rmSync(gate, { force: true }),
    revokeTokens: name => cli('token', 'revoke', '--name', name),
    /** Ends it: what runs may end, and what waits goes on when it is started again. */
    halt,
    /** Starts it again at the same address. */
    resume: async () => {
      ({ process: server } = await listening(cwd, host));
    },
    stop: () => void halt().then(() => rmSync(cwd, { recursive: true })),
  };
}

async function listening(cwd, listen) {
  const server = spawn(BINARY, ['serve', '--listen', listen], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\S+\/graphql/.exec(line)?.[0];
    if (url) {
      server.stdout.resume();
      return { url, process: server };
    }
  }
  throw new Error(`${BINARY} serve ended before it served`);
}

function parts(link) {
  const { origin, hash } = new URL(link);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  const page = `${origin}/graphiql`;
  return { link: page + hash, page, origin, console: `${origin}/${hash}`, token };
}
