import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../api/session.ts';
import type { ReleaseHeadFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { PauseWhy } from '../ui/PauseWhy.tsx';
import { Free, Said, Time } from '../ui/parts.tsx';
import { Sign } from '../ui/status.tsx';
import type { Deed } from './store.ts';

/** What happened to the release: why it is paused, canceled or stopped, what its undo waits for, and what another person did. */
export function Notes({ head, deed }: { head: ReleaseHeadFragment; deed: Deed | null }) {
  const { t } = useWords();
  const { viewer } = useSession();
  // A pause that nobody asked for is told above.
  const told = deed?.kind === 'PAUSED' && head.pause !== null && head.pause.by !== deed.by;
  return (
    <>
      {head.pause && !head.finishedAt && (
        <Note>
          <Sign shape="paused" /> <PauseWhy pause={head.pause} deadlineAt={head.deadlineAt} />
        </Note>
      )}
      {head.cancelRequestedAt && (
        <Note>
          {t.cancelRequested} <Time at={head.cancelRequestedAt} />
          <Said>{head.cancelReason}</Said>
        </Note>
      )}
      {head.stoppedAt && (
        <Note>
          {t.stopped} <Time at={head.stoppedAt} />
        </Note>
      )}
      {head.undoWaitsFor.length > 0 && (
        <Note>
          {t.undoWaits}{' '}
          {head.undoWaitsFor.map(({ id, host }) => (
            <Link key={id} className="chip" href={`/r/${head.id}?host=${part(host.hostname)}`}>
              {host.hostname}
            </Link>
          ))}
        </Note>
      )}
      {head.undoMessage && (
        <Note>
          {t.notUndone}: <Free>{head.undoMessage}</Free>
        </Note>
      )}
      {deed && !told && deed.by !== viewer?.name && (
        <p className="note" role="status">
          <bdi>{deed.by}</bdi>: {t.deeds[deed.kind]} <Time at={deed.at} />
        </p>
      )}
    </>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <p className="note">{children}</p>;
}
