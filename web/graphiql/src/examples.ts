import type { Candidate } from './fleet';

/** An example: what GraphiQL calls a tab. Its operation's name is its title. */
export interface Example {
  title: string;
  query: string;
  variables: string;
}

const NOW = `# What runs now, what is being released, and what needs
# somebody.
query Now {
  services(first: 20) {
    nodes {
      name
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
  instances(
    first: 20
    filter: {
      statuses: [UNKNOWN, INSTALL_FAILED, UPGRADE_FAILED, REVERT_FAILED, UNINSTALL_FAILED]
    }
  ) {
    nodes {
      service {
        name
      }
      host {
        hostname
      }
      status
    }
  }
}
`;

const WHY = `# Why the newest release that failed did: the hosts, the
# reason, and the last lines that the command wrote.
query Why {
  releases(first: 1, filter: { statuses: [FAILED] }) {
    nodes {
      id
      action
      service {
        name
      }
      targetVersion {
        name
      }
      createdBy
      reason
      progress {
        total
        succeeded
        failed
        canceled
      }
      targets(first: 5, statuses: [FAILED, UNKNOWN]) {
        nodes {
          host {
            hostname
          }
          failure
          message
          log(last: 10) {
            nodes {
              stream
              text
            }
          }
        }
      }
    }
  }
}
`;

const UPGRADE = `# An upgrade of hosts that are behind. With
# "dryRun": true in the variables it only answers what
# would happen.
mutation Upgrade($input: UpgradeInstancesInput!) {
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
    release {
      id
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const WATCH = `# Each change of an instance since this page was opened,
# the newest first. With the cursor of an event as
# "after" it begins behind that event; after a
# broken connection it does so automatically.
subscription Watch($filter: InstanceEventFilter, $after: String) {
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

const REVERT = `# And back: hosts that have the newer version get the
# one before it.
mutation Revert($input: RevertInstancesInput!) {
  revertInstances(input: $input) {
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
    release {
      id
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const HOLD = `# Keeps releases off an instance until the given time.
# The mutation endHolds ends it earlier.
mutation Hold($input: HoldInstancesInput!) {
  holdInstances(input: $input) {
    holds {
      id
      reason
      until
      instance {
        service {
          name
        }
        host {
          hostname
        }
        locked
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

const HOLD_MINUTES = 30;

/** The examples, about a service that can be upgraded, if there is one; in an order in which each works after those before. */
export function examples(candidate: Candidate | undefined): Example[] {
  const { service = 'SERVICE', target = 'VERSION', previous = 'VERSION' } = candidate ?? {};
  const { behind = ['HOST'], ahead = ['HOST'], held = 'HOST' } = candidate ?? {};
  // One press of a button must not move a real fleet, or hold it.
  const simulated = candidate?.simulated ?? false;
  // The editor takes inputs that have a default for required.
  const common = { onLocked: 'SKIP', includeUnknown: false, reason: 'Tried from GraphiQL', dryRun: !simulated };
  const upgrade = { service, version: target, hosts: { hostnames: behind }, rollout: { maxParallel: { count: 2 } } };
  const revert = { service, version: previous, hosts: { hostnames: ahead } };
  const until = new Date(Date.now() + HOLD_MINUTES * 60_000).toISOString();
  const hold = { instances: [simulated ? `${service}/${held}` : 'SERVICE/HOST'], reason: 'Tried from GraphiQL', until };
  const watch = { filter: candidate ? { serviceIds: [candidate.serviceId] } : null, after: candidate?.openedAt ?? null };
  return [
    example('Now', NOW, {}),
    example('Why', WHY, {}),
    example('Upgrade', UPGRADE, { input: { ...upgrade, ...common } }),
    example('Watch', WATCH, watch),
    example('Revert', REVERT, { input: { ...revert, ...common } }),
    example('Hold', HOLD, { input: hold }),
  ];
}

function example(title: string, query: string, variables: object): Example {
  return { title, query, variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '' };
}
