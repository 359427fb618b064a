import { useCallback, useMemo, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { CombinedError } from 'urql';
import { useRead } from '../api/hooks.ts';
import { isAbout } from '../api/live.ts';
import { ChoicesDocument, type ProblemFragment, type ReleaseAction } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { useKey } from '../app/keys.ts';
import { versionCounts } from '../overview/counts.ts';
import { type Input, Keys, REQUEST, type Request, complete, inputOf, randomKey, readable } from '../rules/request.ts';
import { part } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { HoldList } from '../holds/HoldList.tsx';
import { Act, Empty, Failure, Problems, Skeleton, useTitle } from '../ui/parts.tsx';
import { HostChoice } from './HostChoice.tsx';
import { Preview } from './Preview.tsx';
import { RolloutChoice } from './RolloutChoice.tsx';
import { MUTATIONS, release } from './send.ts';
import { useDryRun } from './useDryRun.ts';
import { VersionChoice } from './Versions.tsx';

/** So many hosts are listed at first, and so many more each time. */
const HOSTS = 50;
const MOST_HOSTS = 200;

/** What is typed; a change of it is no step to go back by. */
const TYPED = ['reason', 'parallel', 'failures', 'unreachable', 'perLabel', 'deadline', 'waves'];

/** What is sent when the button is pressed. */
interface Attempt {
  action: ReleaseAction;
  input: Input;
  expectedCount: number;
}

/** The dialogue before a release: what may be chosen, and what will happen. Nothing acts on hosts without it. */
export default function Dialogue({ service }: { service: string }) {
  const { t, f } = useWords();
  const [, navigate] = useLocation();
  const [request, set] = useUrlState<Request>(REQUEST);
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(HOSTS);
  const [problems, setProblems] = useState<readonly ProblemFragment[]>([]);
  const [error, setError] = useState<CombinedError | null>(null);
  const [sending, setSending] = useState(false);
  const busy = useRef(false);
  const keys = useRef(new Keys(randomKey));
  const last = useRef<Attempt | null>(null);
  const { action } = request;
  useTitle(`${t.actionsDo[action]} ${service}`);
  const home = `/s/${part(service)}`;
  useKey('Escape', useCallback(() => navigate(home), [navigate, home]));
  const { data, error: unread, loading, again } = useRead(
    ChoicesDocument,
    {
      service,
      first: shown,
      installing: action === 'INSTALL',
      filter: { hostnameStartsWith: search || undefined, versions: request.from ? [request.from] : undefined },
      hosts: search ? { hostnameStartsWith: search } : undefined,
    },
    (event, data) => isAbout(event, data?.service?.id),
  );
  const found = data?.service;
  const ready = complete(request) && readable(request);
  const input = useMemo(() => (ready ? inputOf(service, request) : null), [ready, service, request]);
  const preview = useDryRun(action, found ? input : null, found?.id);
  if (unread && !data) {
    return <Failure error={unread} again={again} />;
  }
  if (!data) {
    return loading ? <Skeleton /> : null;
  }
  if (!found) {
    return (
      <Empty>
        {t.noService} <bdi className="free">{service}</bdi> <Link href="/">{t.services}</Link>
      </Empty>
    );
  }
  const count = preview.outcome?.acceptedCount ?? 0;
  const send = async (attempt: Attempt) => {
    if (busy.current) {
      return;
    }
    busy.current = true;
    setSending(true);
    setError(null);
    setProblems([]);
    last.current = attempt;
    try {
      const { expectedCount } = attempt;
      const idempotencyKey = keys.current.for(attempt);
      const { release: made, userErrors } = await release(attempt.action, attempt.input, { expectedCount, idempotencyKey });
      if (made) {
        navigate(`/r/${made.id}`);
        return;
      }
      setProblems(userErrors);
      preview.again();
    } catch (error) {
      setError(error as CombinedError);
    } finally {
      busy.current = false;
      setSending(false);
    }
  };
  /** What was sent and may have arrived is sent again as it was, not as the server would count it now. */
  const repeat = () => last.current && void send(last.current);
  const change = (next: Partial<Request>) => {
    setProblems([]);
    setError(null);
    set(next, TYPED.some(field => field in next));
  };
  const sendable = preview.outcome !== null && preview.outcome.userErrors.length === 0 && count > 0 && !sending;
  const missing = ready
    ? null
    : !readable(request)
      ? t.amountForm
      : action !== 'UNINSTALL' && !request.to
        ? t.chooseVersionFirst
        : t.chooseHostsFirst;
  return (
    <form
      className="dialogue"
      onSubmit={event => {
        event.preventDefault();
      }}
    >
      <div className="head">
        <h1>
          {t.actionsDo[action]} <Link href={home}>{found.name}</Link>
        </h1>
        <span className="faint">{t.escCloses}</span>
      </div>
      <fieldset>
        <legend>{t.whatToDo}</legend>
        {(['UPGRADE', 'REVERT', 'INSTALL', 'UNINSTALL'] as const).map(other => (
          <label key={other} className="check">
            <input
              type="radio"
              name="action"
              checked={action === other}
              onChange={() => change({ action: other, to: '', from: '', by: '', hosts: [] })}
            />
            {t.actionsDo[other]}
          </label>
        ))}
      </fieldset>
      {found.freezes.length > 0 && <HoldList holds={found.freezes} changed={again} />}
      {action !== 'UNINSTALL' && (
        <VersionChoice
          service={service}
          versions={found.versions.nodes}
          inUse={versionCounts(found.instanceCounts)}
          request={request}
          set={change}
        />
      )}
      <HostChoice
        found={found}
        labels={data.labels}
        request={request}
        set={change}
        search={search}
        onSearch={setSearch}
        more={
          (found.availableHosts ?? found.instances)?.pageInfo.hasNextPage && shown < MOST_HOSTS ? () => setShown(MOST_HOSTS) : null
        }
      />
      <RolloutChoice request={request} defaults={found.rolloutDefaults} set={change} />
      <label>
        {t.why}
        <input value={request.reason} onChange={event => change({ reason: event.target.value })} />
      </label>
      <Preview preview={preview} incomplete={missing} />
      {problems.some(({ code }) => code === 'STALE') && (
        <p role="alert">
          <strong>{t.stale(f.number(count))}</strong>
        </p>
      )}
      <Problems problems={problems.filter(({ code }) => code !== 'STALE')} />
      {error && <Failure error={error} again={repeat} />}
      <p className="buttons end">
        <Link className="button" href={home}>
          {t.cancel}
        </Link>
        <Act mutation={MUTATIONS[action]} onClick={() => input && void send({ action, input, expectedCount: count })} disabled={!sendable} strong>
          {t.doIt(action, f.number(count), count)}
        </Act>
      </p>
    </form>
  );
}
