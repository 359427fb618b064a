import type { PauseNowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { Said, Time } from './parts.tsx';

/** Why a release is paused, by whom and since when, and when it ends if nobody resumes it. */
export function PauseWhy({ pause, deadlineAt }: { pause: PauseNowFragment; deadlineAt: string }) {
  const { t } = useWords();
  return (
    <>
      {t.pauseReasons[pause.reason]} · <bdi>{pause.by}</bdi> <Time at={pause.since} />
      <Said>{pause.message}</Said>
      <span className="faint">
        {' · '}
        {t.canceledUnless} <Time at={deadlineAt} />
      </span>
    </>
  );
}
