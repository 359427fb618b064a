import { Link } from 'wouter';
import { useAside } from '../api/hooks.ts';
import { ReleaseSkippedDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Sign } from '../ui/status.tsx';

/** Instances that were selected and left out, and why. They do not change, so they are read once. */
export function LeftOut({ release }: { release: string }) {
  const { t, f } = useWords();
  const skipped = useAside(ReleaseSkippedDocument, release, () => false)?.release?.skipped;
  return skipped && skipped.totalCount > 0 ? (
    <details className="leftout">
      <summary>
        <Sign shape="skipped" /> {t.leftOut(f.number(skipped.totalCount))}
      </summary>
      <ul>
        {skipped.nodes.map(({ instance, reason }) => (
          <li key={instance.id}>
            <Link href={`/hosts/${part(instance.host.hostname)}`}>{instance.host.hostname}</Link> {t.skipReasons[reason]}
          </li>
        ))}
        {skipped.totalCount > skipped.nodes.length && <li>{t.andMore(f.number(skipped.totalCount - skipped.nodes.length))}</li>}
      </ul>
    </details>
  ) : null;
}
