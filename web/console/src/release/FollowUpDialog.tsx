import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { CombinedError } from 'urql';
import { change, tryOut } from '../api/client.ts';
import { LeftOutList } from '../dialogue/LeftOutList.tsx';
import { PlanView } from '../dialogue/PlanView.tsx';
import { type ReleaseHeadFragment, RetryDocument, UndoDocument, type UndoMutation } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { Keys, randomKey } from '../rules/request.ts';
import { Modal } from '../ui/Modal.tsx';
import { Failure, Problems } from '../ui/parts.tsx';

type Outcome = NonNullable<UndoMutation['result']>;
export type FollowUp = 'undo' | 'retry';

interface Sent {
  releaseId: string;
  includeUnknown: boolean;
  reason: string | null;
  expectedCount?: number;
  idempotencyKey?: string;
  dryRun?: boolean;
}

async function carry(kind: FollowUp, input: Sent, by: typeof change): Promise<Outcome> {
  const { result } = kind === 'undo' ? await by(UndoDocument, { input }) : await by(RetryDocument, { input });
  if (!result) {
    throw new Error('The server answered with nothing.');
  }
  return result;
}

/** Undoes a release, or sends it again to the hosts where it did not succeed: first what would happen, then the button. */
export function FollowUpDialog({ kind, release, onClose }: { kind: FollowUp; release: ReleaseHeadFragment; onClose: () => void }) {
  const { t, f } = useWords();
  const [, navigate] = useLocation();
  const [includeUnknown, setIncludeUnknown] = useState(false);
  const [reason, setReason] = useState('');
  const [preview, setPreview] = useState<Outcome | null>(null);
  const [problems, setProblems] = useState<Outcome['userErrors']>([]);
  const [error, setError] = useState<CombinedError | null>(null);
  const [sending, setSending] = useState(false);
  const [asked, setAsked] = useState(0);
  const keys = useRef(new Keys(randomKey));
  const last = useRef<Sent | null>(null);
  const releaseId = release.id;
  useEffect(() => {
    let current = true;
    setPreview(null);
    carry(kind, { releaseId, includeUnknown, reason: null, dryRun: true }, tryOut).then(
      outcome => current && setPreview(outcome),
      (error: CombinedError) => current && setError(error),
    );
    return () => {
      current = false;
    };
  }, [kind, releaseId, includeUnknown, asked]);
  const count = preview?.acceptedCount ?? 0;
  const send = useCallback(
    async (input: Sent) => {
      setSending(true);
      setError(null);
      last.current = input;
      try {
        const { release: made, userErrors } = await carry(kind, { ...input, idempotencyKey: keys.current.for(input) }, change);
        if (made) {
          navigate(`/r/${made.id}`);
        } else {
          setProblems(userErrors);
          setAsked(count => count + 1);
        }
      } catch (error) {
        setError(error as CombinedError);
      } finally {
        setSending(false);
      }
    },
    [kind, navigate],
  );
  return (
    <Modal title={t.followUpTitle(kind, releaseId)} onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault();
          void send({ releaseId, includeUnknown, reason: reason || null, expectedCount: count });
        }}
      >
        <p>{t.followUpWhat(kind)}</p>
        <label className="check">
          <input type="checkbox" checked={includeUnknown} onChange={event => setIncludeUnknown(event.target.checked)} />
          {t.includeUnknown}
        </label>
        <label>
          {t.why}
          <input value={reason} onChange={event => setReason(event.target.value)} />
        </label>
        <section className="preview" aria-busy={!preview}>
          {preview ? (
            <>
              <Problems problems={preview.userErrors} />
              {preview.userErrors.length === 0 && <PlanView plan={preview.plan} count={count} />}
              <LeftOutList outcome={preview} />
            </>
          ) : (
            <p className="faint">{t.asking}</p>
          )}
        </section>
        <Problems problems={problems} />
        {error && <Failure error={error} again={() => (last.current ? void send(last.current) : setAsked(asked + 1))} />}
        <p className="buttons">
          <button type="button" onClick={onClose}>
            {t.close}
          </button>
          <button className="strong" disabled={count === 0 || sending || (preview?.userErrors.length ?? 1) > 0}>
            {t.followUpDo(kind, f.number(count), count)}
          </button>
        </p>
      </form>
    </Modal>
  );
}
