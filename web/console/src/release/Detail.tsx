import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { CombinedError } from 'urql';
import { read } from '../api/client.ts';
import { useAside } from '../api/hooks.ts';
import {
  type ReleaseHeadFragment,
  TargetDetailDocument,
  type TargetDetailQuery,
  type TargetFragment,
  TargetWaitsDocument,
} from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { visible } from '../rules/output.ts';
import { part } from '../rules/url.ts';
import { ActLink, Failure, Free, Locks, Said, useNow } from '../ui/parts.tsx';
import { InstanceState, Status, TargetState, shapeOf } from '../ui/status.tsx';
import { retry } from './Head.tsx';
import { Waits } from './Waiting.tsx';

type Found = Extract<NonNullable<TargetDetailQuery['node']>, { id: string }>;

/** One host of the release: how it went, with the last lines that it said, and what can be done. */
export function Detail({
  target,
  release,
  showOutput,
  onClose,
}: {
  target: TargetFragment;
  release: ReleaseHeadFragment;
  showOutput: () => void;
  onClose: () => void;
}) {
  const { t, f } = useWords();
  const now = useNow();
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<CombinedError | null>(null);
  const { id, status, attempt } = target;
  useEffect(() => {
    let current = true;
    read(TargetDetailDocument, { id }).then(
      ({ node }) => {
        if (current && node?.id) {
          setFound(node as Found);
          setError(null);
        }
      },
      (error: CombinedError) => current && setError(error),
    );
    return () => {
      current = false;
    };
    // Again when it went on.
  }, [id, status, attempt]);
  const took = target.startedAt && (target.finishedAt ? Date.parse(target.finishedAt) : now) - Date.parse(target.startedAt);
  const again = status === 'FAILED' || status === 'UNKNOWN' || status === 'CANCELED' ? retry(release, [target]) : null;
  return (
    <div className="detail" role="region" aria-label={target.host.hostname}>
      <div className="head">
        <h3>
          <Link href={`/hosts/${part(target.host.hostname)}`}>{target.host.hostname}</Link>
        </h3>
        <TargetState status={status} />
        {target.exitStatus !== null && <span>{t.exit(target.exitStatus)}</span>}
        {took && <span>{f.duration(took)}</span>}
        {attempt > 0 && <span className="faint">{t.attempt(attempt)}</span>}
        <span>
          <bdi>{target.fromVersion?.name ?? '–'}</bdi> → <bdi>{target.toVersion?.name ?? '–'}</bdi>
        </span>
        <span className="buttons">
          {again && (
            <ActLink mutation={release.action === 'REVERT' ? 'revertInstances' : 'upgradeInstances'} href={again}>
              {t.retry}…
            </ActLink>
          )}
          <button onClick={showOutput}>{t.onlyThisOutput}</button>
          <button onClick={onClose}>{t.close}</button>
        </span>
      </div>
      {target.failure && (
        <p>
          {t.failures[target.failure]}
          <Said>{target.message}</Said>
        </p>
      )}
      {status === 'QUEUED' && <QueuedWhy id={id} />}
      {error && <Failure error={error} />}
      {found && (
        <>
          {found.steps.length > 0 && (
            <ol className="steps">
              {found.steps.map(({ name, status, message }) => (
                <li key={name}>
                  <Status shape={shapeOf(status)}>
                    {t.steps[name]} <span className="faint">{t.stepStatus[status]}</span>
                  </Status>{' '}
                  {message && message !== target.message && <Free>{message}</Free>}
                </li>
              ))}
            </ol>
          )}
          <p>
            {t.nowThere} <InstanceState status={found.instance.status} /> <bdi>{found.instance.version?.name}</bdi>{' '}
            <Locks locks={found.instance.locks} />
          </p>
          {found.log.nodes.length > 0 && (
            <pre className="lastlines">{found.log.nodes.map(({ text }) => visible(text)).join('\n')}</pre>
          )}
        </>
      )}
    </div>
  );
}

/** What a queued target waits for, read again a moment after anything has happened. */
function QueuedWhy({ id }: { id: string }) {
  const { t } = useWords();
  const node = useAside(TargetWaitsDocument, id, ({ on }) => on === 'release' || on === 'fleet')?.node;
  const waits = node && 'waitsFor' in node ? node.waitsFor : [];
  return waits.length > 0 ? (
    <p>
      {t.waitsFor} <Waits waits={waits} />
    </p>
  ) : null;
}
