// A way to the server that can be cut, as networks do.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

/** Passes on what is sent to an address; `cut()` breaks all connections, and new ones work again. */
export async function proxy(to) {
  const open = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    socketUrl: `ws://127.0.0.1:${port}/graphql/ws`,
    cut() {
      for (const socket of open) socket.destroy();
    },
  };
}
