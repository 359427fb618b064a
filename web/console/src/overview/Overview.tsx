import { Link } from 'wouter';
import { useRead } from '../api/hooks.ts';
import { OverviewDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { pageArguments, place } from '../rules/paging.ts';
import { part, text } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { Bar } from '../ui/Bar.tsx';
import { Pages } from '../ui/Pages.tsx';
import { Empty, Failure, Skeleton, useTitle } from '../ui/parts.tsx';
import { Sign } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';
import { useRows } from '../ui/useRows.ts';
import { instanceCounts, versionCounts } from './counts.ts';
import { NeedsYou } from './NeedsYou.tsx';
import { LatestReleases, ReleaseNow } from './releases.tsx';

const FIELDS = { q: text(), ...place };

/** All services: what runs where, what moves, and what waits for somebody. */
export default function Overview() {
  const { t, f } = useWords();
  const [state, set] = useUrlState(FIELDS);
  useTitle(t.services);
  const variables = { ...pageArguments(state), filter: state.q ? { nameContains: state.q } : undefined };
  const { data, error, loading, again } = useRead(OverviewDocument, variables, () => true);
  const services = data?.services.nodes ?? [];
  const row = useRows(services.length);
  return (
    <>
      <NeedsYou />
      <section aria-labelledby="services">
        <div className="head">
          <h1 id="services">{t.services}</h1>
          <label className="search">
            <span className="hidden">{t.filterServices}</span>
            <input
              data-search
              type="search"
              placeholder={t.filterServices}
              value={state.q}
              onChange={event => set({ q: event.target.value, after: '', before: '' }, true)}
            />
          </label>
        </div>
        {error && <Failure error={error} again={again} />}
        {!data && loading && <Skeleton />}
        {data && services.length === 0 && (
          <Empty command={state.q ? undefined : 'lockkeeper service create web --executor NAME'}>
            {state.q ? t.nothingFound : t.noServices}
          </Empty>
        )}
        {services.length > 0 && (
          <Table head={[t.service, t.instances, t.versions, t.lastRelease]}>
            {services.map((service, index) => (
              <tr key={service.id} className={index === row ? 'at' : ''}>
                <th scope="row">
                  <Link href={`/s/${part(service.name)}`}>{service.name}</Link>
                  {service.freezes.map(freeze => (
                    <div key={freeze.id} className="lock">
                      <Sign shape="locked" /> {t.frozenBy} <bdi>{freeze.createdBy}</bdi>:{' '}
                      <bdi className="free">{freeze.reason}</bdi>
                      {freeze.until && ` (${t.until(f.instant(freeze.until))})`}
                    </div>
                  ))}
                </th>
                <td>
                  <Bar counts={instanceCounts(service.instanceCounts, t)} />
                </td>
                <td>
                  {versionCounts(service.instanceCounts).map(({ id, name, count }) => (
                    <span key={id} className="chip">
                      <bdi>{name}</bdi> ×{f.number(count)}
                    </span>
                  ))}
                </td>
                <td>
                  {service.releases.nodes.map(release => (
                    <ReleaseNow key={release.id} release={release} />
                  ))}
                </td>
              </tr>
            ))}
          </Table>
        )}
        {data && <Pages info={data.services.pageInfo} go={set} />}
      </section>
      <LatestReleases />
    </>
  );
}
