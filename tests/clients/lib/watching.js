// What every client is put through: it reads a snapshot, watches from there on while the fleet is upgraded, loses
// its connection on the way, and must have seen each change once and in order all the same.

import assert from 'node:assert/strict';
import { address, fleet, upgrade } from './server.js';
import { proxy } from './proxy.js';

export const SNAPSHOT = `query Snapshot($name: String!) {
  eventCursor
  service(name: $name) {
    id
    instances(first: 200) { nodes { id revision status host { id hostname } version { id name } } }
  }
}`;

export const WATCH = `subscription Watch($service: ID!, $after: String) {
  instanceStatusChanged(filter: { serviceIds: [$service] }, after: $after) {
    cursor hostname revision previousStatus status locked version { id name }
  }
}`;

/** The longest that a test takes. */
const PATIENCE = 60_000;

/**
 * Puts a client through it. `snapshot` asks a document and gives its data; `watch` subscribes, calls back with each
 * event, and sees to it that a new connection goes on behind the last one.
 */
export async function watching(name, makeClient) {
  const limit = setTimeout(() => {
    console.error(`${name}: not done in time`);
    process.exit(1);
  }, PATIENCE);
  const watched = await fleet(`${name}-${process.pid}`, 6);
  const way = await proxy(address);
  const client = makeClient(way);

  const { eventCursor, service } = await client.snapshot(SNAPSHOT, { name: watched.name });
  const instances = service.instances.nodes;
  assert.equal(instances.length, watched.hostnames.length);
  const seen = new Map(instances.map(({ host, revision }) => [host.hostname, { revision, steps: [] }]));

  let events = 0;
  let ended = 0;
  let cuts = 0;
  const done = new Promise((resolve, reject) => {
    client.watch(WATCH, { service: service.id, after: eventCursor }, (event) => {
      try {
        const instance = seen.get(event.hostname);
        instance.revision += 1;
        assert.equal(event.revision, instance.revision, `${event.hostname} has no gap and no repeat`);
        instance.steps.push(`${event.previousStatus} to ${event.status} at ${event.version.name}`);
        events += 1;
        if (event.status === 'RUNNING') ended += 1;
        if (ended === seen.size) return resolve();
        if (events === 3 || events === 8) {
          cuts += 1;
          way.cut();
        }
      } catch (error) {
        reject(error);
      }
    }, reject);
  });
  await upgrade(watched);
  await done;

  for (const [hostname, { steps }] of seen) {
    assert.deepEqual(steps, ['RUNNING to UPGRADING at 1.0.0', 'UPGRADING to RUNNING at 2.0.0'], hostname);
  }
  assert.equal(cuts, 2);
  const after = await client.snapshot(SNAPSHOT, { name: watched.name });
  assert.deepEqual(after.service.instances.nodes.map(({ version }) => version.name), Array(6).fill('2.0.0'));
  clearTimeout(limit);
  console.log(`${name}: ${events} events of ${seen.size} hosts, each once and in order, over ${cuts} cuts`);
  process.exit(0);
}

/** How clients wait before they connect again; their own waits are longer than a test should take. */
export const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
