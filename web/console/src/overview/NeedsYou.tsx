import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useRead } from '../api/hooks.ts';
import { type InstanceRowFragment, NeedsYouDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { FailedWhy } from '../ui/FailedWhy.tsx';
import { PauseWhy } from '../ui/PauseWhy.tsx';
import { Failure, Free, Time } from '../ui/parts.tsx';
import { type Shape, Status } from '../ui/status.tsx';

/** What goes on only when somebody does something: paused, failed, unknown, drained, drifting. */
export function NeedsYou() {
  const { t, f } = useWords();
  const { data, error, again } = useRead(NeedsYouDocument, {}, () => true);
  if (error) {
    return <Failure error={error} again={again} />;
  }
  if (!data) {
    return null;
  }
  const kinds: [string, Shape, { totalCount: number; nodes: readonly InstanceRowFragment[] }, (row: InstanceRowFragment) => ReactNode][] = [
    ['failed', 'failed', data.failed, row => <FailedWhy row={row} />],
    ['unknown', 'unknown', data.unknown, () => t.unknownWhat],
    [
      'drained',
      'paused',
      data.drained,
      row => (
        <>
          {t.drained} {row.drainedSince && <Time at={row.drainedSince} />}
        </>
      ),
    ],
    [
      'drifted',
      'unknown',
      data.drifted,
      row => (
        <>
          {t.drifted} <bdi>{row.observedVersion}</bdi>
        </>
      ),
    ],
  ];
  const { suspension } = data;
  const count = (suspension ? 1 : 0) + data.paused.totalCount + kinds.reduce((sum, [, , { totalCount }]) => sum + totalCount, 0);
  return (
    <section className="needs" aria-labelledby="needs">
      <h2 id="needs">
        {t.needsYou} ({f.number(count)})
      </h2>
      {count === 0 && <p className="faint">{t.needsNothing}</p>}
      <ul>
        {suspension && (
          <li>
            <Status shape="paused">
              <Link href="/system">{t.suspended}</Link>
            </Status>{' '}
            <bdi>{suspension.by}</bdi> <Time at={suspension.since} />: <Free>{suspension.reason}</Free>
          </li>
        )}
        {data.paused.nodes.map(release => (
          <li key={release.id}>
            <Status shape="paused">
              <Link href={`/r/${release.id}`}>{release.id}</Link>
            </Status>{' '}
            {release.service.name} {t.actions[release.action]} <bdi>{release.targetVersion?.name}</bdi>{' '}
            {release.pause && <PauseWhy pause={release.pause} deadlineAt={release.deadlineAt} />}
          </li>
        ))}
        {kinds.flatMap(([kind, shape, { nodes }, why]) =>
          nodes.map(row => (
            <li key={`${kind} ${row.id}`}>
              <Status shape={shape}>
                <Link href={`/hosts/${part(row.host.hostname)}`}>{row.host.hostname}</Link>
              </Status>{' '}
              <Link href={`/s/${part(row.service.name)}`}>{row.service.name}</Link>{' '}
              <span className="faint">{t.instanceStatus[row.status]}</span> {why(row)}
            </li>
          )),
        )}
      </ul>
      {kinds.some(([, , { totalCount, nodes }]) => totalCount > nodes.length) && <p className="faint">{t.needsMore}</p>}
    </section>
  );
}
