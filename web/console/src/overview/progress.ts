import type { ProgressFragment } from '../gql/graphql.ts';
import type { Words } from '../i18n/language.tsx';
import type { Counts } from '../ui/Bar.tsx';

/** Targets of a release by status. */
export function progressCounts(progress: ProgressFragment, t: Pick<Words, 'targetStatus'>): Counts {
  return [
    ['succeeded', progress.succeeded, t.targetStatus.SUCCEEDED],
    ['running', progress.running, t.targetStatus.RUNNING],
    ['failed', progress.failed, t.targetStatus.FAILED],
    ['unknown', progress.unknown, t.targetStatus.UNKNOWN],
    ['canceled', progress.canceled, t.targetStatus.CANCELED],
    ['queued', progress.queued, t.targetStatus.QUEUED],
  ];
}

/** How many targets are over, one way or the other. */
export function done({ total, queued, running }: ProgressFragment): number {
  return total - queued - running;
}
