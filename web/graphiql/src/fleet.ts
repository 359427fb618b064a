import { ask } from './server';

/** Who has the token. */
export interface Viewer {
  name: string;
  role: string;
}

/** A service that can be upgraded and reverted, for the examples. */
export interface Candidate {
  service: string;
  serviceId: string;
  /** The version to upgrade to: the newest that some hosts run and others do not yet, else the newest of all. */
  target: string;
  /** The version before it. */
  previous: string;
  /** Some free hosts that run an older version than the target. */
  behind: string[];
  /** Some free hosts that run the target; those behind, if none does: they run it after the upgrade. */
  ahead: string[];
  /** A host that is in neither of the two, if there is one. */
  held: string;
  /** Whether its releases are only simulated. */
  simulated: boolean;
  /** The place in the event log at which the page was opened. */
  openedAt: string;
}

interface Answer {
  viewer: Viewer;
  eventCursor: string;
  executors: { name: string; kind: string }[];
  services: { nodes: Service[] };
}

interface Service {
  id: string;
  name: string;
  executor: string;
  versions: { nodes: { name: string; withdrawal: object | null }[] };
  instances: { nodes: { version: { name: string } | null; host: { hostname: string } }[] };
}

const QUERY = /* GraphQL */ `
  query Playground {
    viewer { name role }
    eventCursor
    executors { name kind }
    services(first: 20) {
      nodes {
        id
        name
        executor
        versions(first: 20, filter: { buildStatuses: [SUCCEEDED] }) { nodes { name withdrawal { at } } }
        instances(first: 50, filter: { statuses: [RUNNING, UPGRADE_FAILED, REVERT_FAILED], locked: false }) {
          nodes { version { name } host { hostname } }
        }
      }
    }
  }
`;

const HOSTS = 4;

/** The caller, and what the examples can be about. Throws, with the server's reason, if the token is not valid. */
export async function look(token: string): Promise<{ viewer: Viewer; candidate: Candidate | undefined }> {
  const { data, errors } = await ask(token, { query: QUERY });
  if (!data) {
    throw new Error(errors?.map(({ message }) => message).join(' ') ?? 'The server gave no answer.');
  }
  const { viewer, eventCursor, executors, services } = data as unknown as Answer;
  const simulating = new Set(executors.filter(({ kind }) => kind === 'simulate').map(({ name }) => name));
  const candidates = services.nodes.flatMap(service => {
    const found = candidate(service);
    return found ? [{ ...found, simulated: simulating.has(service.executor), openedAt: eventCursor }] : [];
  });
  // A service in the midst of a change comes first, then the one with most to do.
  candidates.sort((a, b) => Number(b.isMixed) - Number(a.isMixed) || b.behind.length - a.behind.length);
  return { viewer, candidate: candidates[0] };
}

function candidate({ id, name, versions, instances }: Service) {
  // The newest first.
  const order = versions.nodes.map(version => version.name);
  const released = versions.nodes.filter(version => !version.withdrawal).map(version => version.name);
  const at = (version: string) => instances.nodes.filter(instance => instance.version?.name === version);
  const older = (version: string) => order.slice(order.indexOf(version) + 1);
  const mixed = released.find(version => at(version).length && older(version).some(other => at(other).length));
  const target = mixed ?? released[0];
  const previous = target && older(target).find(version => released.includes(version));
  if (!target || !previous) {
    return undefined;
  }
  const hostnames = (found: Service['instances']['nodes']) => found.map(({ host }) => host.hostname);
  const behind = hostnames(older(target).flatMap(at));
  const some = behind.slice(0, HOSTS);
  const ahead = hostnames(at(target)).slice(0, HOSTS);
  const held = behind[HOSTS] ?? some[0] ?? ahead[0];
  if (!held) {
    return undefined;
  }
  return {
    service: name,
    serviceId: id,
    target,
    previous,
    behind: some.length ? some : ahead,
    ahead: ahead.length ? ahead : some,
    held,
    isMixed: Boolean(mixed),
  };
}
