import type { WaveRowFragment, WaveStatus } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { done } from '../overview/progress.ts';
import { around } from '../rules/waves.ts';
import { LabelChip, Until } from '../ui/parts.tsx';
import { type Shape, Sign, Status } from '../ui/status.tsx';

const SHAPES: Record<WaveStatus, Shape> = {
  WAITING: 'queued',
  RUNNING: 'running',
  SOAKING: 'soaking',
  PAUSED: 'paused',
  DONE: 'succeeded',
};

/** The waves of a release, those around the present one: how far each is, until when it soaks, and whether a pause follows. */
export function Waves({ waves }: { waves: readonly WaveRowFragment[] }) {
  const { t, f } = useWords();
  if (waves.length < 2) {
    return null;
  }
  const shown = around(waves);
  return (
    <section aria-labelledby="waves">
      <h2 id="waves">
        {t.waves} <span className="faint">{f.number(waves.length)}</span>
      </h2>
      <ol className="waves">
        {shown.before > 0 && <li className="faint">{t.wavesBefore(f.number(shown.before))}</li>}
        {shown.waves.map(wave => (
          <Wave key={wave.number} wave={wave} last={wave.number === waves.length} />
        ))}
        {shown.after > 0 && <li className="faint">{t.wavesAfter(f.number(shown.after))}</li>}
      </ol>
    </section>
  );
}

function Wave({ wave, last }: { wave: WaveRowFragment; last: boolean }) {
  const { t, f } = useWords();
  const { number, size, label, status, progress, soakSeconds, soakUntil, pauseAfter } = wave;
  const failed = progress.failed + progress.unknown + progress.unhealthy;
  return (
    <li className={`wave w-${status}`} aria-current={status === 'WAITING' || status === 'DONE' ? undefined : 'step'}>
      <Status shape={SHAPES[status]}>
        {t.wave(f.number(number))} <span className="faint">{t.waveStatus[status]}</span>
      </Status>
      <span>
        {f.number(done(progress))}/{f.number(size)}
        {failed > 0 && (
          <span title={t.targetStatus.FAILED}>
            {' '}
            <Sign shape="failed" /> {f.number(failed)}
          </span>
        )}
      </span>
      {label && <LabelChip label={label} />}
      {!last && soakSeconds > 0 && (
        <span className="faint">
          {status === 'SOAKING' && soakUntil ? <Until at={soakUntil} /> : t.soaks(f.duration(soakSeconds * 1_000))}
        </span>
      )}
      {!last && pauseAfter && (status === 'WAITING' || status === 'RUNNING' || status === 'SOAKING') && <span className="faint">{t.thenPauses}</span>}
    </li>
  );
}
