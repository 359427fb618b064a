// The server under test, asked without any library: a fleet to watch, and an upgrade of it.

const server = process.env.LOCKKEEPER_SERVER;
export const token = process.env.LOCKKEEPER_TOKEN;

if (!server || !token) {
  console.error('Set LOCKKEEPER_SERVER to the address of a server and LOCKKEEPER_TOKEN to a token of an admin.');
  process.exit(2);
}

export const address = new URL(server);
export const authorization = `Bearer ${token}`;

/** Asks a document and gives its data; there must be no error. */
export async function ask(query, variables) {
  const response = await fetch(new URL('/graphql', address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function change(mutation, selection, input) {
  const type = `${mutation[0].toUpperCase()}${mutation.slice(1)}Input`;
  const data = await ask(
    `mutation($input: ${type}!) { ${mutation}(input: $input) { ${selection} userErrors { code message } } }`,
    { input },
  );
  const { userErrors, ...made } = data[mutation];
  if (userErrors.length) throw new Error(`${mutation}: ${JSON.stringify(userErrors)}`);
  return made;
}

async function finished(release) {
  for (;;) {
    const { node } = await ask('query($id: ID!) { node(id: $id) { ... on Release { status finishedAt } } }', { id: release.id });
    if (node.finishedAt) return node.status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A service with two versions, the older one installed on so many hosts. */
export async function fleet(name, size) {
  const { service } = await change('createService', 'service { id }', { name, executor: 'steady' });
  const versions = [];
  for (const version of ['1.0.0', '2.0.0']) {
    const input = { serviceId: service.id, name: version, buildStatus: 'SUCCEEDED', artifact: `${version}.tar.gz` };
    versions.push((await change('createVersion', 'version { id }', input)).version.id);
  }
  const hostnames = Array.from({ length: size }, (_, number) => `${name}-${number + 1}`);
  await change('createHosts', 'hosts { id }', {
    hosts: hostnames.map((hostname) => ({ hostname, address: '192.0.2.1' })),
  });
  const rollout = { maxParallel: { count: 100 } };
  const installed = await change('installInstances', 'release { id }', {
    serviceId: service.id, versionId: versions[0], hosts: { hostnames }, rollout,
  });
  if ((await finished(installed.release)) !== 'SUCCEEDED') throw new Error('the installation failed');
  return { name, id: service.id, versions, hostnames };
}

/** Upgrades every host of a fleet, one at a time. */
export async function upgrade(fleet) {
  await change('upgradeInstances', 'release { id }', {
    serviceId: fleet.id, versionId: fleet.versions[1], hosts: { all: true }, rollout: { maxParallel: { count: 1 } },
  });
}
