import type { InstanceStatus } from '../gql/graphql.ts';
import type { Words } from '../i18n/language.tsx';
import type { Counts } from '../ui/Bar.tsx';
import type { Shape } from '../ui/status.tsx';

export interface InstanceCount {
  status: InstanceStatus;
  count: number;
  version: { id: string; name: string } | null;
}

const GROUPS: [Shape, (status: InstanceStatus) => boolean][] = [
  ['succeeded', status => status === 'RUNNING'],
  ['running', status => status.endsWith('ING') && status !== 'RUNNING'],
  ['failed', status => status.endsWith('FAILED')],
  ['unknown', status => status === 'UNKNOWN'],
];

/** Instances by what people want to know of them: running, moving, failed, unknown. */
export function instanceCounts(counts: readonly InstanceCount[], t: Pick<Words, 'shapes'>): Counts {
  return GROUPS.map(([shape, matches]) => {
    const sum = counts.filter(({ status }) => matches(status)).reduce((sum, { count }) => sum + count, 0);
    return [shape, sum, t.shapes[shape]];
  });
}

export interface VersionCount {
  id: string;
  name: string;
  count: number;
}

/** How many instances have which version, the most first. Those that are removed, or have none yet, are left out. */
export function versionCounts(counts: readonly InstanceCount[]): VersionCount[] {
  const sums = new Map<string, VersionCount>();
  for (const { version, status, count } of counts) {
    if (version && status !== 'REMOVED') {
      const before = sums.get(version.id)?.count ?? 0;
      sums.set(version.id, { ...version, count: before + count });
    }
  }
  return [...sums.values()].sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}
