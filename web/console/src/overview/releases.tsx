import { Link } from 'wouter';
import { useRead } from '../api/hooks.ts';
import { LatestReleasesDocument, type ReleaseRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Bar } from '../ui/Bar.tsx';
import { Empty, Failure, Free, Time } from '../ui/parts.tsx';
import { ReleaseState } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';
import { done, progressCounts } from './progress.ts';

/** A release in one line, with its progress while it is open. */
export function ReleaseNow({ release }: { release: ReleaseRowFragment }) {
  const { t, f } = useWords();
  const { progress } = release;
  return (
    <div className="now">
      <Link href={`/r/${release.id}`}>{release.id}</Link> {t.actions[release.action]}{' '}
      <bdi>{release.targetVersion?.name}</bdi> <ReleaseState status={release.status} />{' '}
      {release.finishedAt ? <Time at={release.finishedAt} /> : `${f.number(done(progress))}/${f.number(progress.total)}`}{' '}
      <bdi className="faint">{release.createdBy}</bdi>
    </div>
  );
}

/** The releases that were accepted last, of all services. */
export function LatestReleases() {
  const { t } = useWords();
  const { data, error, again } = useRead(LatestReleasesDocument, {}, ({ on }) => on === 'release');
  const releases = data?.releases.nodes ?? [];
  return (
    <section aria-labelledby="releases">
      <h2 id="releases">{t.releases}</h2>
      {error && <Failure error={error} again={again} />}
      {data && releases.length === 0 && <Empty command="lockkeeper install SERVICE VERSION --hosts all">{t.noReleases}</Empty>}
      {releases.length > 0 && <ReleaseTable releases={releases} />}
    </section>
  );
}

/** Releases as rows. */
export function ReleaseTable({ releases }: { releases: readonly ReleaseRowFragment[] }) {
  const { t } = useWords();
  return (
    <Table head={[t.release, t.status, t.progress, t.requested, t.why]}>
      {releases.map(release => (
        <tr key={release.id}>
          <th scope="row">
            <Link href={`/r/${release.id}`}>{release.id}</Link>{' '}
            <Link href={`/s/${part(release.service.name)}`}>{release.service.name}</Link>{' '}
            {t.actions[release.action]} <bdi>{release.targetVersion?.name}</bdi>
          </th>
          <td>
            <ReleaseState status={release.status} />
          </td>
          <td>
            <Bar counts={progressCounts(release.progress, t)} />
          </td>
          <td>
            <Time at={release.createdAt} /> <bdi>{release.createdBy}</bdi>
          </td>
          <td>
            <Free>{release.reason}</Free>
          </td>
        </tr>
      ))}
    </Table>
  );
}
