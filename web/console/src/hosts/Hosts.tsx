import { Link } from 'wouter';
import { useRead } from '../api/hooks.ts';
import { HostsDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FIRST, pageArguments, place } from '../rules/paging.ts';
import { labelInput } from '../rules/labels.ts';
import { list, part, text } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { Pages } from '../ui/Pages.tsx';
import { Empty, Failure, LabelChip, Skeleton, useTitle } from '../ui/parts.tsx';
import { InstanceState } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';
import { useRows } from '../ui/useRows.ts';

const FIELDS = { q: text(), labels: list(), ...place };

/** All hosts, with their labels and what runs there. */
export default function Hosts() {
  const { t } = useWords();
  const [state, set] = useUrlState(FIELDS);
  useTitle(t.hosts);
  const filter = {
    nameContains: state.q || undefined,
    labels: state.labels.length ? state.labels.map(labelInput) : undefined,
  };
  const { data, error, loading, again } = useRead(HostsDocument, { filter, ...pageArguments(state) }, ({ on }) => on === 'instance');
  const hosts = data?.hosts.nodes ?? [];
  const row = useRows(hosts.length);
  return (
    <section aria-labelledby="hosts">
      <div className="head">
        <h1 id="hosts">{t.hosts}</h1>
        <span className="filters">
          <select
            aria-label={t.labels}
            value=""
            onChange={event => set({ labels: [...new Set([...state.labels, event.target.value])], ...FIRST })}
          >
            <option value="">{t.labels}…</option>
            {data?.labels.map(({ key, value, hostCount }) => (
              <option key={`${key}=${value}`} value={`${key}=${value}`}>
                {key}={value} ({hostCount})
              </option>
            ))}
          </select>
          {state.labels.map(label => (
            <button key={label} onClick={() => set({ labels: state.labels.filter(other => other !== label), ...FIRST })}>
              <bdi>{label}</bdi> ✕<span className="hidden"> {t.remove}</span>
            </button>
          ))}
          <input
            data-search
            type="search"
            aria-label={t.hostContains}
            placeholder={t.hostContains}
            value={state.q}
            onChange={event => set({ q: event.target.value, ...FIRST }, true)}
          />
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {!data && loading && <Skeleton />}
      {data && hosts.length === 0 && (
        <Empty command={state.q || state.labels.length ? undefined : 'lockkeeper host add host-1 --address 10.0.0.1'}>
          {state.q || state.labels.length ? t.nothingFound : t.noHosts}
        </Empty>
      )}
      {hosts.length > 0 && (
        <Table head={[t.host, t.address, t.labels, t.whatRuns]}>
          {hosts.map((host, index) => (
            <tr key={host.id} className={index === row ? 'at' : ''}>
              <th scope="row">
                <Link href={`/hosts/${part(host.hostname)}`}>{host.hostname}</Link>
              </th>
              <td>
                <bdi>{host.address}</bdi>
              </td>
              <td>
                {host.labels.map(label => (
                  <LabelChip key={label.key} label={label} />
                ))}
              </td>
              <td>
                {host.instances.nodes.map(instance => (
                  <span key={instance.id} className="runs">
                    <Link href={`/s/${part(instance.service.name)}?q=${part(host.hostname)}`}>{instance.service.name}</Link>{' '}
                    <bdi>{instance.version?.name}</bdi> <InstanceState status={instance.status} />
                  </span>
                ))}
                {host.instances.pageInfo.hasNextPage && <Link href={`/hosts/${part(host.hostname)}`}>…</Link>}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {data && <Pages info={data.hosts.pageInfo} go={set} />}
    </section>
  );
}
