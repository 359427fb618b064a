import { Link } from 'wouter';
import { useAside } from '../api/hooks.ts';
import { type ReleaseHeadFragment, type WaitRowFragment, WaitingDocument, type WaitingQuery } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Until } from '../ui/parts.tsx';

type Queued = NonNullable<WaitingQuery['release']>['targets']['nodes'];

/** What waits, and for what: the next hosts of the release. It is read again a moment after anything has happened. */
export function Waiting({ release }: { release: ReleaseHeadFragment }) {
  const { t, f } = useWords();
  const { id } = release;
  const { queued: count } = release.progress;
  const data = useAside(WaitingDocument, id, ({ on }) => on === 'release' || on === 'fleet' || on === 'service');
  const waiting = data?.release?.targets.nodes.filter(({ waitsFor }) => waitsFor.length > 0) ?? [];
  return count > 0 && waiting.length > 0 ? (
    <section aria-labelledby="waiting">
      <h2 id="waiting">
        {t.waiting} <span className="faint">{f.number(count)}</span>
      </h2>
      <ul className="waiting">
        {together(waiting).map(({ hostnames, waits }) => (
          <li key={hostnames[0]}>
            {hostnames.map(hostname => (
              <Link key={hostname} className="chip" href={`/r/${id}?host=${part(hostname)}`}>
                {hostname}
              </Link>
            ))}{' '}
            <Waits waits={waits} />
          </li>
        ))}
        {count > waiting.length && <li className="faint">{t.andMore(f.number(count - waiting.length))}</li>}
      </ul>
    </section>
  ) : null;
}

/** Hosts that wait for the same, together. */
function together(queued: Queued): { hostnames: string[]; waits: readonly WaitRowFragment[] }[] {
  const groups = new Map<string, { hostnames: string[]; waits: readonly WaitRowFragment[] }>();
  for (const { host, waitsFor: waits } of queued) {
    const key = JSON.stringify(waits);
    const group = groups.get(key) ?? { hostnames: [], waits };
    group.hostnames.push(host.hostname);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What something waits for. What would have to change first comes first. */
export function Waits({ waits }: { waits: readonly WaitRowFragment[] }) {
  const { t } = useWords();
  return (
    <>
      {waits.map(({ kind, message, until, releases }, at) => (
        <span key={kind} className="wait">
          {at > 0 && ' · '}
          {t.waits[kind]}: <bdi className="faint">{message}</bdi>
          {until && (
            <>
              {' '}
              <Until at={until} />
            </>
          )}
          {releases.map(({ id }) => (
            <span key={id}>
              {' '}
              <Link href={`/r/${id}`}>{id}</Link>
            </span>
          ))}
        </span>
      ))}
    </>
  );
}
