import type { PlanShownFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { WAVES_SHOWN } from '../rules/waves.ts';
import { LabelChip } from '../ui/parts.tsx';
import { Sign } from '../ui/status.tsx';

/** What a release would do, as the server plans it: how many move in which waves, the worst case, and what deserves attention. */
export function PlanView({ plan, count }: { plan: PlanShownFragment | null; count: number }) {
  const { t, f } = useWords();
  if (!plan) {
    return <strong>{t.move(f.number(count), count)}</strong>;
  }
  const { rollout, waves, worstCaseFailures, warnings } = plan;
  const shown = waves.slice(0, WAVES_SHOWN);
  return (
    <>
      <p>
        <strong>
          {t.sentence([
            t.move(f.number(count), count),
            t.atATime(f.number(rollout.maxParallel)),
            ...(rollout.maxPerLabel ? [t.budgetPerLabel(f.number(rollout.maxPerLabel.count), rollout.maxPerLabel.key)] : []),
          ])}
        </strong>{' '}
        {rollout.onFailure === 'CONTINUE' ? t.goesOn : t.worstCase(f.number(worstCaseFailures), t.thenOnFailure[rollout.onFailure])}
        {rollout.withdrawOnUndo && ` ${t.undoWithdraws}`}
      </p>
      {waves.length > 1 && (
        <ol className="waves" aria-label={t.waves}>
          {shown.map(({ number, size, label, soakSeconds, pauseAfter }) => (
            <li key={number} className="wave">
              <span>{t.waveOf(f.number(number), f.number(size))}</span>
              {label && <LabelChip label={label} />}
              {soakSeconds > 0 && <span className="faint">{t.soaks(f.duration(soakSeconds * 1_000))}</span>}
              {pauseAfter && <span className="faint">{t.thenPauses}</span>}
            </li>
          ))}
          {waves.length > shown.length && <li className="faint">{t.wavesAfter(f.number(waves.length - shown.length))}</li>}
        </ol>
      )}
      {warnings.length > 0 && (
        <ul className="warnings">
          {warnings.map(({ code, message, counts }) => (
            <li key={code}>
              <Sign shape="warning" /> {t.warnings[code]} <span className="faint">{message}</span>{' '}
              {counts.map(({ version, count }) => (
                <span key={version?.id ?? ''} className="chip">
                  {f.number(count)} × <bdi>{version?.name ?? '–'}</bdi>
                </span>
              ))}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
