import { useState } from 'react';
import { change } from '../api/client.ts';
import { PauseReleaseDocument, type ReleaseHeadFragment, ResumeReleaseDocument, type ResumeTo } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { HoursChoice, inHours } from '../ui/HoursChoice.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';

interface Asked {
  release: ReleaseHeadFragment;
  changed: () => void;
  onClose: () => void;
}

/** Asks why nothing more is to start. */
export function PauseDialog({ release, changed, onClose }: Asked) {
  const { t } = useWords();
  return (
    <ReasonDialog
      title={`${t.pause}: ${release.id}`}
      button={t.pause}
      untilAsked={false}
      reasonNeeded={false}
      onClose={onClose}
      send={async ({ reason }) => {
        const { pauseRelease } = await change(PauseReleaseDocument, { input: { releaseId: release.id, reason: reason || null } });
        changed();
        return pauseRelease?.userErrors ?? [];
      }}
    />
  );
}

/** Asks how far the release goes on: to its next pause or to its end, with or without its soak, and until when. */
export function ResumeDialog({ release, changed, onClose }: Asked) {
  const { t, f } = useWords();
  const [to, setTo] = useState<ResumeTo>('NEXT_PAUSE');
  const soaking = release.waves.find(({ status, soakUntil }) => status !== 'DONE' && soakUntil !== null);
  const paused = release.pause !== null;
  const [skipSoak, setSkipSoak] = useState(!paused);
  const [hours, setHours] = useState(0);
  const pauses = release.waves.filter(({ pauseAfter, status }) => pauseAfter && status !== 'DONE').length;
  const send = async () => {
    const deadlineSeconds = hours ? Math.ceil((inHours(hours).getTime() - Date.parse(release.createdAt)) / 1_000) : null;
    const { resumeRelease } = await change(ResumeReleaseDocument, { input: { releaseId: release.id, to, skipSoak, deadlineSeconds } });
    changed();
    return resumeRelease?.userErrors ?? [];
  };
  return (
    <FormDialog
      title={`${paused ? t.resume : t.skipSoak}: ${release.id}`}
      button={paused ? t.resume : t.skipSoak}
      leave={t.close}
      send={send}
      onClose={onClose}
    >
      {pauses > 0 &&
        (['NEXT_PAUSE', 'END'] as const).map(each => (
          <label key={each} className="check">
            <input type="radio" name="to" checked={to === each} onChange={() => setTo(each)} />
            {t.resumeTo[each]}
          </label>
        ))}
      {paused && soaking && (
        <label className="check">
          <input type="checkbox" checked={skipSoak} onChange={event => setSkipSoak(event.target.checked)} />
          {t.skipSoakOf(f.number(soaking.number))}
        </label>
      )}
      <label>
        {t.deadline}: {f.instant(release.deadlineAt)}
        <HoursChoice hours={hours} set={setHours} none={t.deadlineStays} word={t.deadlineIn} />
      </label>
    </FormDialog>
  );
}
