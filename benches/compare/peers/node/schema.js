// The part of lockkeeper's schema that is asked, the way that one writes it for Node.js: a loader for each kind of
// thing, made anew for each request.
import DataLoader from "dataloader";
import pg from "pg";

export const typeDefs = `
  enum VersionAction { UPGRADE REVERT }
  input InstanceFilter { hostnameStartsWith: String }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Host { id: ID! hostname: String! address: String! }
  type Version { id: ID! name: String! buildStatus: String! enabled(action: VersionAction!, currentVersion: ID!): Boolean }
  type VersionConnection { nodes: [Version!]! }
  type Instance {
    id: ID! port: Int tag: String weight: Int! status: String! service: Service! host: Host! version: Version
  }
  type InstanceConnection { totalCount: Int! pageInfo: PageInfo! nodes: [Instance!]! }
  type Service {
    id: ID! name: String! language: String! description: String!
    versions(first: Int!): VersionConnection!
    instances(first: Int!): InstanceConnection!
  }
  type ServiceConnection { nodes: [Service!]! }
  type Query {
    service(name: String!): Service
    services(first: Int!): ServiceConnection!
    instances(first: Int!, after: String, filter: InstanceFilter): InstanceConnection!
  }
`;

// Numbers of rows and counts, none of them near the limit of a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.CONNECTIONS) });

// A statement of this name is prepared once on each connection.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const byId = (name, text) =>
  new DataLoader(async (ids) => {
    const found = new Map((await rows(name, text, [ids])).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  });

// The first so many of each parent.
const lists = (name, text) => {
  const loaders = new Map();
  return (first, parent) => {
    if (!loaders.has(first)) {
      const load = async (ids) => {
        const found = new Map(ids.map((id) => [id, []]));
        for (const row of await rows(name, text, [ids, first])) found.get(row.service_id).push(row);
        return ids.map((id) => found.get(id));
      };
      loaders.set(first, new DataLoader(load));
    }
    return loaders.get(first).load(parent);
  };
};

const VERSION = "id, service_id, name, build_status, withdrawn_at, removed_at";
const INSTANCE = "id, service_id, host_id, version_id, hostname, port, tag, weight, status";

export const context = () => ({
  service: byId("service", "SELECT id, name, language, description FROM service WHERE id = ANY($1)"),
  host: byId("host", "SELECT id, hostname, address FROM host WHERE id = ANY($1)"),
  version: byId("version", `SELECT ${VERSION} FROM version WHERE id = ANY($1)`),
  versions: lists(
    "versions",
    `SELECT v.* FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL (SELECT ${VERSION} FROM version
     WHERE service_id = s.id AND removed_at IS NULL ORDER BY id DESC LIMIT $2) AS v`,
  ),
  instances: lists(
    "instances",
    `SELECT i.* FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL (SELECT ${INSTANCE} FROM instance
     WHERE service_id = s.id AND status <> 'REMOVED' ORDER BY folded_hostname, id LIMIT $2) AS i`,
  ),
});

const page = async (first, after, filter) => {
  const values = [];
  const bind = (value) => `$${values.push(value)}`;
  let such = "status <> 'REMOVED'";
  const prefix = filter?.hostnameStartsWith;
  if (prefix) such += ` AND folded_hostname >= ${bind(prefix)} AND folded_hostname < ${bind(`${prefix}\u{10ffff}`)}`;
  const count = { such, values: [...values] };
  if (after) {
    const [hostname, id] = after.split(":");
    such += ` AND (folded_hostname, id) > (${bind(hostname)}, ${bind(Number(id))})`;
  }
  const name = `page${prefix ? " filtered" : ""}${after ? " behind" : ""}`;
  const limit = bind(first + 1);
  const text = `SELECT ${INSTANCE} FROM instance WHERE ${such} ORDER BY folded_hostname, id LIMIT ${limit}`;
  const nodes = await rows(name, text, values);
  const hasNextPage = nodes.length > first;
  if (hasNextPage) nodes.pop();
  const last = nodes.at(-1);
  const total = `SELECT count(*) AS total FROM instance WHERE ${count.such}`;
  return {
    nodes,
    pageInfo: { hasNextPage, endCursor: last ? `${last.hostname}:${last.id}` : null },
    count: async () => (await rows(`count${prefix ? " filtered" : ""}`, total, count.values))[0].total,
  };
};

const enabled = (version, { action, currentVersion }) => {
  const current = Number(currentVersion);
  const direction = action === "UPGRADE" ? version.id > current : version.id < current;
  return direction && version.build_status === "SUCCEEDED" && !version.withdrawn_at && !version.removed_at;
};

export const resolvers = {
  Version: { buildStatus: (version) => version.build_status, enabled },
  Service: {
    versions: async (service, { first }, loaders) => ({ nodes: await loaders.versions(first, service.id) }),
    instances: async (service, { first }, loaders) => ({ nodes: await loaders.instances(first, service.id) }),
  },
  InstanceConnection: { totalCount: (page) => page.count() },
  Instance: {
    service: (instance, _, loaders) => loaders.service.load(instance.service_id),
    host: (instance, _, loaders) => loaders.host.load(instance.host_id),
    version: (instance, _, loaders) => instance.version_id && loaders.version.load(instance.version_id),
  },
  Query: {
    service: async (_, { name }) =>
      (await rows("by name", "SELECT id, name, language, description FROM service WHERE name = $1 AND removed_at IS NULL", [name]))[0],
    services: async (_, { first }) => ({
      nodes: await rows("list", "SELECT id, name, language, description FROM service WHERE removed_at IS NULL ORDER BY name, id LIMIT $1", [first]),
    }),
    instances: (_, { first, after, filter }) => page(first, after, filter),
  },
};
