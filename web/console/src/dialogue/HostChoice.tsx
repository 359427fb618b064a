import type { ChoicesQuery, InstanceRowFragment, ReleaseAction } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { type Request, selectedBy } from '../rules/request.ts';
import { Empty, Locks } from '../ui/parts.tsx';
import { InstanceState } from '../ui/status.tsx';

type Found = NonNullable<ChoicesQuery['service']>;

/** Which hosts: all, those with labels, or chosen ones. Locked ones are there, with who locks them, and cannot be chosen. */
export function HostChoice({
  found,
  labels,
  request,
  set,
  search,
  onSearch,
  more,
}: {
  found: Found;
  labels: ChoicesQuery['labels'];
  request: Request;
  set: (change: Partial<Request>) => void;
  search: string;
  onSearch: (text: string) => void;
  more: (() => void) | null;
}) {
  const { t, f } = useWords();
  const by = selectedBy(request);
  const { hosts } = request;
  const toggle = (hostname: string) =>
    set({ by: 'hosts', hosts: hosts.includes(hostname) ? hosts.filter(other => other !== hostname) : [...hosts, hostname] });
  const rows = found.availableHosts
    ? found.availableHosts.nodes.map(({ id, hostname }) => ({ id, hostname, instance: null, why: null }))
    : (found.instances?.nodes ?? []).map(instance => ({
        id: instance.id,
        hostname: instance.host.hostname,
        instance,
        why: whyNot(instance, request),
      }));
  const total = found.availableHosts?.totalCount ?? found.instances?.totalCount ?? 0;
  const choosable = rows.filter(({ why }) => !why).map(({ hostname }) => hostname);
  return (
    <fieldset className="hostchoice">
      <legend>{t.hosts}</legend>
      <div className="row">
        {request.action !== 'INSTALL' && (
          <label className="check">
            <input type="radio" name="by" checked={by === 'all'} onChange={() => set({ by: 'all' })} /> {t.allHosts}
          </label>
        )}
        <label className="check">
          <input type="radio" name="by" checked={by === 'hosts'} onChange={() => set({ by: 'hosts' })} /> {t.chosenHosts}
          {hosts.length > 0 && <span className="faint">({f.number(hosts.length)})</span>}
        </label>
        <label className="check">
          <input type="radio" name="by" checked={by === 'labels'} onChange={() => set({ by: 'labels' })} disabled={labels.length === 0} />{' '}
          {t.byLabel}
        </label>
      </div>
      {by === 'labels' && (
        <div className="row">
          <select
            aria-label={t.labels}
            value=""
            onChange={event => set({ labels: [...new Set([...request.labels, event.target.value])] })}
          >
            <option value="">{t.labels}…</option>
            {labels.map(({ key, value, hostCount }) => (
              <option key={`${key}=${value}`} value={`${key}=${value}`}>
                {key}={value} ({hostCount})
              </option>
            ))}
          </select>
          {request.labels.map(label => (
            <button key={label} type="button" onClick={() => set({ labels: request.labels.filter(other => other !== label) })}>
              <bdi>{label}</bdi> ✕<span className="hidden"> {t.remove}</span>
            </button>
          ))}
        </div>
      )}
      <div className="row">
        <input
          data-search
          type="search"
          aria-label={t.hostBegins}
          placeholder={t.hostBegins}
          value={search}
          onChange={event => onSearch(event.target.value)}
        />
        {by === 'hosts' && choosable.length > 0 && (
          <button type="button" onClick={() => set({ hosts: [...new Set([...hosts, ...choosable])] })}>
            {t.chooseShown(f.number(choosable.length))}
          </button>
        )}
        {by === 'hosts' && hosts.length > 0 && (
          <button type="button" onClick={() => set({ hosts: [] })}>
            {t.chooseNone}
          </button>
        )}
      </div>
      {rows.length === 0 ? (
        <Empty>{search ? t.nothingFound : t.noInstances}</Empty>
      ) : (
        <ul className="choice">
          {rows.map(({ id, hostname, instance, why }) => (
            <li key={id} className={why ? 'cannot' : ''}>
              <label className="check">
                <input
                  type="checkbox"
                  checked={by === 'all' ? !why : by === 'hosts' && hosts.includes(hostname)}
                  disabled={by !== 'hosts' || (why !== null && !hosts.includes(hostname))}
                  onChange={() => toggle(hostname)}
                />
                <bdi>{hostname}</bdi>
              </label>
              {instance && (
                <span className="faint">
                  <bdi>{instance.version?.name}</bdi>
                </span>
              )}
              {instance && instance.status !== 'RUNNING' && <InstanceState status={instance.status} />}
              {instance && instance.locks.length > 0 && <Locks locks={instance.locks} />}
              {why && why !== 'LOCKED' && <span className="faint">{t.skipReasons[why]}</span>}
            </li>
          ))}
        </ul>
      )}
      {more && (
        <button type="button" onClick={more}>
          {t.moreHosts(f.number(rows.length), f.number(total))}
        </button>
      )}
    </fieldset>
  );
}

/** Why an instance cannot be chosen; null if it can. */
function whyNot(
  instance: InstanceRowFragment,
  { action, to, unknown, reapply }: { action: ReleaseAction; to: string; unknown: string; reapply: string },
): 'LOCKED' | 'UNKNOWN_STATE' | 'ALREADY_AT_VERSION' | null {
  if (instance.locked) {
    return 'LOCKED';
  }
  if (instance.status === 'UNKNOWN' && !unknown) {
    return 'UNKNOWN_STATE';
  }
  return action !== 'UNINSTALL' && to !== '' && instance.version?.name === to && !reapply ? 'ALREADY_AT_VERSION' : null;
}
