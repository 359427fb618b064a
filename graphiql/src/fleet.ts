import { ask } from './server';

/** Who has the token. */
export interface Viewer {
  name: string;
  role: string;
}

/** Something that can be upgraded, for the examples. */
export interface Candidate {
  serviceId: string;
  /** Its newest version that can be released. */
  versionId: string;
  /** Some hosts that run another one and are free. */
  hostnames: string[];
  /** Whether its releases are only simulated. */
  simulated: boolean;
}

interface Answer {
  viewer: Viewer;
  executors: { name: string; kind: string }[];
  services: { nodes: Service[] };
}

interface Service {
  id: string;
  executor: string;
  versions: { nodes: { id: string; withdrawal: object | null }[] };
  instances: { nodes: { version: { id: string } | null; host: { hostname: string } }[] };
}

const QUERY = /* GraphQL */ `
  query Playground {
    viewer { name role }
    executors { name kind }
    services(first: 20) {
      nodes {
        id
        executor
        versions(first: 20, filter: { buildStatuses: [SUCCEEDED] }) { nodes { id withdrawal { at } } }
        instances(first: 50, filter: { statuses: [RUNNING], locked: false }) { nodes { version { id } host { hostname } } }
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
  const { viewer, executors, services } = data as unknown as Answer;
  const simulating = new Set(executors.filter(({ kind }) => kind === 'simulate').map(({ name }) => name));
  const candidates = services.nodes.flatMap(service => candidate(service, simulating.has(service.executor)));
  candidates.sort((a, b) => b.hostnames.length - a.hostnames.length);
  return { viewer, candidate: candidates[0] };
}

function candidate({ id, versions, instances }: Service, simulated: boolean): Candidate[] {
  const newest = versions.nodes.find(version => !version.withdrawal);
  if (!newest) {
    return [];
  }
  const behind = instances.nodes.filter(({ version }) => version && version.id !== newest.id);
  const hostnames = behind.slice(0, HOSTS).map(({ host }) => host.hostname);
  return [{ serviceId: id, versionId: newest.id, hostnames, simulated }];
}
