import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import type { CombinedError } from 'urql';
import type { TargetFragment } from '../gql/graphql.ts';
import { type Words, useWords } from '../i18n/language.tsx';
import { useKey } from '../app/keys.ts';
import { progressCounts } from '../overview/progress.ts';
import { oneOf, text } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { Bar } from '../ui/Bar.tsx';
import { Empty, Failure, Skeleton, useTitle } from '../ui/parts.tsx';
import { Detail } from './Detail.tsx';
import { Grid } from './Grid.tsx';
import { Head } from './Head.tsx';
import { LeftOut } from './LeftOut.tsx';
import { Milestones } from './Milestones.tsx';
import { Output } from './Output.tsx';
import { ReleaseStore } from './store.ts';
import { Waiting } from './Waiting.tsx';
import { Waves } from './Waves.tsx';

const FIELDS = {
  /** The host that is looked at. */
  host: text(),
  /** What the grid is grouped by: `none`, `wave`, `status`, or a label as `label:key`; empty for waves where there are several. */
  group: text(),
  stream: oneOf<'' | 'STDOUT' | 'STDERR' | 'SYSTEM'>('', 'STDOUT', 'STDERR', 'SYSTEM'),
  /** Whose output: of all hosts, or only of the one that is looked at. */
  output: oneOf<'' | 'host'>('', 'host'),
  line: text(),
  /** What lines of output must contain. */
  find: text(),
};

/** A release, live: how far it is, each host, and what the commands say. */
export default function Release({ id }: { id: string }) {
  const { t, f } = useWords();
  const [state, set] = useUrlState(FIELDS);
  const store = useMemo(() => new ReleaseStore(id), [id]);
  const [asked, setAsked] = useState(0);
  useEffect(() => store.begin(), [store, asked]);
  const version = useSyncExternalStore(store.subscribe, store.snapshot);
  const { head, targets } = store;
  const all = targets.all();
  useTitle(head ? `${id} ${head.service.name}` : id);
  const failed = useMemo(() => all.filter(({ status }) => status === 'FAILED' || status === 'UNKNOWN'), [all]);
  const choose = useCallback((target: TargetFragment) => set({ host: target.host.hostname }), [set]);
  const nextFailed = useCallback(() => {
    const here = failed.findIndex(({ host }) => host.hostname === state.host);
    const next = failed[(here + 1) % failed.length];
    if (next) {
      choose(next);
    }
  }, [failed, state.host, choose]);
  useKey('f', nextFailed);
  useKey('Escape', useCallback(() => set({ host: '', line: '', output: '' }), [set]));
  const keys = useMemo(() => labelKeys(all), [all]);
  const byWave = (head?.waves.length ?? 0) > 1;
  const groupedBy = state.group || (byWave ? 'wave' : 'none');
  const group = useMemo(() => grouping(groupedBy, t), [groupedBy, t]);
  if (store.exists === false) {
    return (
      <Empty>
        {t.noRelease} <bdi className="free">{id}</bdi> <Link href="/">{t.services}</Link>
      </Empty>
    );
  }
  if (!head) {
    const error = store.error as CombinedError | null;
    return error ? <Failure error={error} again={() => setAsked(asked + 1)} /> : <Skeleton />;
  }
  const chosen = state.host ? targets.onHost(state.host) : undefined;
  return (
    <div className="release" data-version={version}>
      <Head head={head} store={store} />
      {store.error !== null && <Failure error={store.error as CombinedError} again={() => setAsked(asked + 1)} />}
      <Bar counts={progressCounts(head.progress, t)} wide />
      <Milestones store={store} />
      <Waves waves={head.waves} />
      <section aria-labelledby="grid">
        <div className="head">
          <h2 id="grid">
            {t.hosts} <span className="faint">{f.number(head.progress.total)}</span>
            {!store.complete && <span className="faint"> {t.filling(f.number(all.length))}</span>}
          </h2>
          <label className="inline">
            {t.groupBy}{' '}
            <select value={groupedBy} onChange={event => set({ group: event.target.value })}>
              <option value="none">{t.groupNothing}</option>
              {byWave && <option value="wave">{t.byWave}</option>}
              <option value="status">{t.status}</option>
              {keys.map(key => (
                <option key={key} value={`label:${key}`}>
                  {key}
                </option>
              ))}
            </select>
          </label>
          {failed.length > 0 && (
            <button onClick={nextFailed}>
              {t.nextFailed} ({f.number(failed.length)})
            </button>
          )}
        </div>
        <Grid targets={all} group={group} chosen={state.host} choose={choose} />
        {chosen && (
          <Detail
            key={chosen.id}
            target={chosen}
            release={head}
            showOutput={() => set({ output: 'host', line: '' })}
            onClose={() => set({ host: '', output: '' })}
          />
        )}
        {state.host && !chosen && store.complete && (
          <Empty>
            {t.notInRelease} <bdi className="free">{state.host}</bdi>
          </Empty>
        )}
      </section>
      {!head.finishedAt && <Waiting release={head} />}
      <LeftOut release={id} />
      <Output
        release={id}
        target={state.output === 'host' ? chosen?.id : undefined}
        waiting={state.output === 'host' && !chosen}
        open={head.finishedAt === null}
        state={state}
        set={set}
      />
    </div>
  );
}

/** The keys of the labels of these hosts. Those of the first hosts are enough to offer them. */
function labelKeys(targets: readonly TargetFragment[]): string[] {
  return [...new Set(targets.slice(0, 200).flatMap(({ host }) => host.labels.map(({ key }) => key)))].sort();
}

function grouping(group: string, t: Words) {
  if (group === 'status') {
    return ({ status }: TargetFragment) => t.targetStatus[status];
  }
  if (group === 'wave') {
    return ({ wave }: TargetFragment) => t.wave(String(wave));
  }
  const key = /^label:(.+)/.exec(group)?.[1];
  return key
    ? ({ host }: TargetFragment) => {
        const label = host.labels.find(label => label.key === key);
        return label ? `${key}=${label.value}` : t.noLabel;
      }
    : null;
}
