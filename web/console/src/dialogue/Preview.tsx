import { useWords } from '../i18n/language.tsx';
import { LeftOutList } from './LeftOutList.tsx';
import { PlanView } from './PlanView.tsx';
import type { Outcome } from './send.ts';
import { wayBack } from '../rules/preview.ts';
import { Failure, Problems } from '../ui/parts.tsx';
import type { Preview as State } from './useDryRun.ts';

/** What will happen, as the server says. */
export function Preview({ preview, incomplete }: { preview: State; incomplete: string | null }) {
  const { t } = useWords();
  const { outcome, error, asking } = preview;
  return (
    <section className="preview" aria-labelledby="preview" aria-busy={asking}>
      <h2 id="preview">{t.whatWillHappen}</h2>
      {incomplete && <p className="faint">{incomplete}</p>}
      {!incomplete && asking && <p className="faint">{t.asking}</p>}
      {error && <Failure error={error} again={preview.again} />}
      {outcome && <Told outcome={outcome} />}
    </section>
  );
}

function Told({ outcome }: { outcome: Outcome }) {
  const { t, f } = useWords();
  const { acceptedCount, userErrors } = outcome;
  const back = wayBack(outcome.accepted);
  return (
    <>
      <Problems problems={userErrors} />
      {userErrors.length === 0 && <PlanView plan={outcome.plan} count={acceptedCount} />}
      <LeftOutList outcome={outcome} />
      {userErrors.length === 0 && back.length > 0 && (
        <p>
          {t.wayBack}:{' '}
          {back.map(({ id, name, count }) => (
            <span key={id} className="chip">
              {f.number(count)} → <bdi>{name}</bdi>
            </span>
          ))}
          {acceptedCount > outcome.accepted.length && <span className="faint"> {t.firstOnly(f.number(outcome.accepted.length))}</span>}
        </p>
      )}
    </>
  );
}
