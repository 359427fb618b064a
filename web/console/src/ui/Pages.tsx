import { useWords } from '../i18n/language.tsx';
import type { PageFragment } from '../gql/graphql.ts';
import { FIRST, type Place } from '../rules/paging.ts';

/** Leads to the page before and the page after. */
export function Pages({ info, go }: { info: PageFragment; go: (place: Place) => void }) {
  const { t } = useWords();
  if (!info.hasNextPage && !info.hasPreviousPage) {
    return null;
  }
  return (
    <nav className="pages" aria-label={t.pages}>
      <button disabled={!info.hasPreviousPage} onClick={() => go({ ...FIRST, before: info.startCursor ?? '' })}>
        {t.previousPage}
      </button>
      <button disabled={!info.hasNextPage} onClick={() => go({ ...FIRST, after: info.endCursor ?? '' })}>
        {t.nextPage}
      </button>
    </nav>
  );
}
