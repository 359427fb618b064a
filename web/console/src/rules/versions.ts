// Which versions can be released, and why the others cannot. The server decides in the end; this is what a person sees
// before asking it.

import type { BuildStatus, ReleaseAction } from '../gql/graphql.ts';

export interface VersionFacts {
  id: string;
  name: string;
  buildStatus: BuildStatus;
  withdrawal: { reason: string; by: string } | null;
}

export interface InUse {
  id: string;
  count: number;
}

export type Why = 'NOT_BUILT' | 'WITHDRAWN' | 'NOT_NEWER' | 'NOT_OLDER';

export interface Choice<V> {
  version: V;
  /** How many instances can move to it. */
  count: number;
  /** Why none can; null if some can. */
  why: Why | null;
}

/**
 * For each of the versions, newest first, how many of the instances can be moved to it by an action. A version in use that
 * is not among them is older than all.
 */
export function choices<V extends VersionFacts>(versions: readonly V[], inUse: readonly InUse[], action: ReleaseAction): Choice<V>[] {
  const place = new Map(versions.map(({ id }, index) => [id, index]));
  return versions.map((version, index) => {
    const why = unusable(version);
    if (why || action === 'INSTALL') {
      return { version, count: 0, why };
    }
    const movable = inUse.filter(({ id }) => {
      const at = place.get(id) ?? versions.length;
      return action === 'UPGRADE' ? at > index : at < index;
    });
    const count = movable.reduce((sum, { count }) => sum + count, 0);
    return { version, count, why: count ? null : action === 'UPGRADE' ? 'NOT_NEWER' : 'NOT_OLDER' };
  });
}

function unusable({ buildStatus, withdrawal }: VersionFacts): Why | null {
  return withdrawal ? 'WITHDRAWN' : buildStatus === 'SUCCEEDED' ? null : 'NOT_BUILT';
}
