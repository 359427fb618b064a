import { Link } from 'wouter';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Locks } from '../ui/parts.tsx';
import type { Outcome } from './send.ts';

/** So few are shown at once. */
const FEW = 5;

/** Who would be left out, and why: counts by reason, and the hosts behind them. */
export function LeftOutList({ outcome }: { outcome: Pick<Outcome, 'skipped' | 'skippedCount' | 'skippedCounts'> }) {
  const { t, f } = useWords();
  const { skipped, skippedCount, skippedCounts } = outcome;
  return skippedCount === 0 ? null : (
    <details open={skippedCount <= FEW}>
      <summary>
        {t.leftOut(f.number(skippedCount))}:{' '}
        {skippedCounts.map(({ reason, count }) => `${t.skipReasons[reason]} (${f.number(count)})`).join(' · ')}
      </summary>
      <ul className="leftout">
        {skipped.map(({ instance, reason, locks }) => (
          <li key={instance.id}>
            <Link href={`/hosts/${part(instance.host.hostname)}`}>{instance.host.hostname}</Link>{' '}
            {reason === 'LOCKED' ? <Locks locks={locks} /> : t.skipReasons[reason]}{' '}
            {reason !== 'LOCKED' && <bdi>{instance.version?.name}</bdi>}
          </li>
        ))}
        {skippedCount > skipped.length && <li>{t.andMore(f.number(skippedCount - skipped.length))}</li>}
      </ul>
    </details>
  );
}
