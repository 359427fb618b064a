// A small fleet on a server of the test, made through the API.

/**
 * What the executors of the test's servers are. One is quick, one leaves time to look, one ends only while the gate of the
 * server is open, one fails on one host.
 */
export const CONFIGURATION = `
[executors.quick]
kind = "simulate"
delay = "0s"

[executors.slow]
kind = "simulate"
delay = "1s"
lines = 3

[executors.gated]
kind = "command"
program = "/bin/sh"
args = ["-c", 'until [ -e "$GATE" ]; do sleep 0.05; done; echo "on $LOCKKEEPER_HOSTNAME"']
env = { GATE = "{directory}/gate" }

[executors.failing]
kind = "simulate"
delay = "100ms"
lines = 3
fail_hosts = ["host-2"]
`;

/** Asks the API. Throws what is wrong, with the request or with its input. */
export async function ask({ url, token }, query, variables = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  const problems = Object.values(data ?? {}).flatMap(value => value?.userErrors ?? []);
  if (errors || problems.length) {
    throw new Error(JSON.stringify(errors ?? problems));
  }
  return data;
}

const change = (server, mutation, input, type = mutation[0].toUpperCase() + mutation.slice(1)) =>
  ask(server, `mutation($input: ${type}Input!) { result: ${mutation}(input: $input) { userErrors { code message } } }`, { input });

/** Hosts, a service, its versions, and the first of them on all of the hosts. */
export async function makeFleet(server, { service = 'web', executor = 'quick', versions = ['1.0.0', '1.1.0'], hosts = 4, install = true }) {
  const hostnames = Array.from({ length: hosts }, (_, index) => `host-${index + 1}`);
  const labels = index => [{ key: 'rack', value: index % 2 ? 'b' : 'a' }];
  await change(server, 'createHosts', {
    hosts: hostnames.map((hostname, index) => ({ hostname, address: '127.0.0.1', labels: labels(index) })),
  });
  await makeService(server, { service, executor, versions });
  if (install) {
    await change(server, 'installInstances', { service, version: versions[0], hosts: { hostnames } });
    await until(async () => {
      const { service: found } = await ask(server, `{ service(name: "${service}") { instanceCounts { status } } }`);
      return found.instanceCounts.every(({ status }) => status === 'RUNNING');
    });
  }
  return hostnames;
}

/** A service with versions. */
export async function makeService(server, { service, executor, versions, description = '' }) {
  await change(server, 'createService', { name: service, executor, description });
  for (const name of versions) {
    await change(server, 'createVersion', { service, name, buildStatus: 'SUCCEEDED', artifact: 'https://artifacts.example/x' });
  }
}

/** Carries out a mutation whose result is of no interest. */
export { change };

/** Waits for a condition. */
export async function until(condition, what = condition) {
  for (const deadline = Date.now() + 30_000; !(await condition()); ) {
    if (Date.now() > deadline) {
      throw new Error(`waited too long for ${what}`);
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
