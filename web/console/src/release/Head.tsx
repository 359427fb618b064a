import { useCallback, useState } from 'react';
import { Link } from 'wouter';
import { useRight } from '../api/hooks.ts';
import type { ReleaseHeadFragment, TargetFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Act, Said, Time, useNow } from '../ui/parts.tsx';
import { ReleaseState } from '../ui/status.tsx';
import { useKey } from '../app/keys.ts';
import { Notes } from './Notes.tsx';
import { FollowUpDialog, type FollowUp } from './FollowUpDialog.tsx';
import { CancelDialog } from './CancelDialog.tsx';
import { PauseDialog, ResumeDialog } from './PauseDialog.tsx';
import type { ReleaseStore } from './store.ts';

type Asked = FollowUp | 'cancel' | 'pause' | 'resume';

/** What the release is, who asked for it and why, how long it takes, and what can be done with it. */
export function Head({ head, store }: { head: ReleaseHeadFragment; store: ReleaseStore }) {
  const { t, f } = useWords();
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = useCallback(() => setAsked(null), []);
  const open = head.finishedAt === null;
  const paused = open && head.pause !== null;
  const { queued, succeeded, failed, unknown, total } = head.progress;
  const noPause = head.cancelRequestedAt ? t.cancelRequested : queued === 0 ? t.nothingQueued : undefined;
  const soaks = head.waves.some(({ status }) => status === 'SOAKING');
  const noUndo = head.action === 'UNINSTALL' ? t.noUndoOfUninstall : succeeded + failed + unknown === 0 ? t.nothingMoved : undefined;
  const pauseOrResume = useRight(paused ? 'resumeRelease' : 'pauseRelease').ready;
  useKey(
    'p',
    useCallback(() => {
      if (open && pauseOrResume && (paused || !noPause)) {
        setAsked(paused ? 'resume' : 'pause');
      }
    }, [open, paused, noPause, pauseOrResume]),
  );
  return (
    <>
      <div className="head">
        <h1>
          {head.id} <Link href={`/s/${part(head.service.name)}`}>{head.service.name}</Link> {t.actions[head.action]}{' '}
          <bdi>{head.targetVersion?.name}</bdi>
        </h1>
        <ReleaseState status={head.status} />
        <Elapsed head={head} />
        <span className="buttons">
          {paused && (
            <Act mutation="resumeRelease" onClick={() => setAsked('resume')} strong>
              {t.resume}…
            </Act>
          )}
          {open && !paused && (
            <Act mutation="pauseRelease" onClick={() => setAsked('pause')} reason={noPause}>
              {t.pause}…
            </Act>
          )}
          {open && !paused && soaks && (
            <Act mutation="resumeRelease" onClick={() => setAsked('resume')}>
              {t.skipSoak}…
            </Act>
          )}
          {open && (
            <Act
              mutation="cancelRelease"
              onClick={() => setAsked('cancel')}
              reason={head.cancelRequestedAt ? t.cancelRequested : undefined}
            >
              {t.cancelRelease}…
            </Act>
          )}
          {(!open || (paused && failed > 0)) && (
            <Act
              mutation="retryRelease"
              onClick={() => setAsked('retry')}
              reason={succeeded === total ? t.nothingToRetry : undefined}
            >
              {t.retry}…
            </Act>
          )}
          {!open && (
            <Act mutation="undoRelease" onClick={() => setAsked('undo')} reason={noUndo}>
              {t.undo}…
            </Act>
          )}
        </span>
      </div>
      <p>
        {t.requestedBy} <bdi>{head.createdBy}</bdi> <Time at={head.createdAt} />
        <Said>{head.reason}</Said>
        {head.parent && (
          <>
            {' · '}
            {t.origins[head.origin]} <Link href={`/r/${head.parent.id}`}>{head.parent.id}</Link>
          </>
        )}
        {head.followUps.nodes.map(({ id, origin }) => (
          <span key={id}>
            {' · '}
            {t.followUps[origin]} <Link href={`/r/${id}`}>{id}</Link>
          </span>
        ))}
        {' · '}
        <span className="faint">
          {t.join([
            t.atATime(f.number(head.rollout.maxParallel)),
            t.tolerates(f.number(head.rollout.maxFailures)),
            ...(head.progress.unreachable ? [t.unreachable(f.number(head.progress.unreachable))] : []),
            ...(head.progress.unhealthy ? [t.unhealthy(f.number(head.progress.unhealthy))] : []),
          ])}
          {open && (
            <>
              {' · '}
              {t.deadline} <Time at={head.deadlineAt} />
            </>
          )}
        </span>
      </p>
      <Notes head={head} deed={store.deed} />
      {(asked === 'undo' || asked === 'retry') && <FollowUpDialog kind={asked} release={head} onClose={close} />}
      {asked === 'cancel' && <CancelDialog release={head} onClose={close} changed={store.readHead} />}
      {asked === 'pause' && <PauseDialog release={head} onClose={close} changed={store.readHead} />}
      {asked === 'resume' && <ResumeDialog release={head} onClose={close} changed={store.readHead} />}
    </>
  );
}

function Elapsed({ head }: { head: ReleaseHeadFragment }) {
  const { t, f } = useWords();
  const now = useNow();
  if (!head.startedAt) {
    return <span className="faint">{t.notStarted}</span>;
  }
  const end = head.finishedAt ? Date.parse(head.finishedAt) : now;
  return (
    <span className="faint">
      {t.elapsed} {f.duration(end - Date.parse(head.startedAt))}
    </span>
  );
}

/** The address of the dialogue that sends a release again to the hosts of these targets; null if that makes no sense. */
export function retry(
  { action, targetVersion, service }: Pick<ReleaseHeadFragment, 'action' | 'targetVersion' | 'service'>,
  targets: readonly TargetFragment[],
): string | null {
  if ((action !== 'UPGRADE' && action !== 'REVERT') || !targetVersion || targets.length === 0) {
    return null;
  }
  const hosts = targets.map(({ host }) => part(host.hostname)).join(',');
  const unknown = targets.some(({ status }) => status === 'UNKNOWN') ? '&unknown=yes' : '';
  return `/s/${part(service.name)}/release?action=${action}&to=${part(targetVersion.name)}&hosts=${hosts}${unknown}`;
}
