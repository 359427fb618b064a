import type { Candidate } from './fleet';

/** An example: what GraphiQL calls a tab. Its operation's name is its title. */
export interface Example {
  title: string;
  query: string;
  variables: string;
}

const FLEET = `# The fleet at a glance: each service, its newest
# versions, what runs, and the newest releases.
query Fleet {
  services {
    nodes {
      name
      executor
      versions(first: 3) {
        nodes {
          id
          name
          buildStatus
        }
      }
      instanceCounts {
        version {
          name
        }
        status
        count
      }
    }
  }
  releases(first: 5) {
    nodes {
      id
      action
      status
      service {
        name
      }
      targetVersion {
        name
      }
      progress {
        total
        succeeded
        failed
      }
    }
  }
}
`;

const DRY_RUN = `# What would an upgrade do? The same checks as in
# an upgrade, and nothing changes.
mutation UpgradeDryRun($input: UpgradeInstancesInput!) {
  upgradeInstances(input: $input) {
    acceptedCount
    accepted {
      host {
        hostname
      }
      version {
        name
      }
    }
    skipped {
      instance {
        host {
          hostname
        }
      }
      reason
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const UPGRADE = `# The upgrade. It changes instances if the variables
# have "dryRun": false. Run Watch in a second window to
# see each host move.
mutation Upgrade($input: UpgradeInstancesInput!) {
  upgradeInstances(input: $input) {
    acceptedCount
    skippedCount
    release {
      id
      status
      targetVersion {
        name
      }
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const WATCH = `# Each change of an instance as it happens, the
# newest first. With the cursor of an event as
# "after" it begins behind that event; after a
# broken connection it does so automatically.
subscription Watch($filter: InstanceEventFilter, $after: Cursor) {
  instanceStatusChanged(filter: $filter, after: $after) {
    hostname
    previousStatus
    status
    version {
      name
    }
    revision
    causedBy
    at
    cursor
  }
}
`;

/** The examples, about the service that can be upgraded, if there is one. */
export function examples(candidate: Candidate | undefined): Example[] {
  const { serviceId = 'svc_…', versionId = 'ver_…', hostnames = ['…'] } = candidate ?? {};
  // The editor takes inputs that have a default for required.
  const input = { serviceId, versionId, hosts: { hostnames }, onLocked: 'SKIP', includeUnknown: false };
  const rollout = { maxParallel: { count: 2 } };
  // One press of a button must not move a real fleet.
  const dryRun = !candidate?.simulated;
  return [
    example('Fleet', FLEET, {}),
    example('UpgradeDryRun', DRY_RUN, { input: { ...input, dryRun: true } }),
    example('Upgrade', UPGRADE, { input: { ...input, rollout, reason: 'Tried from GraphiQL', dryRun } }),
    example('Watch', WATCH, { filter: candidate ? { serviceIds: [serviceId] } : null, after: null }),
  ];
}

function example(title: string, query: string, variables: object): Example {
  return { title, query, variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '' };
}
