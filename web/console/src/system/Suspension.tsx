import { useState } from 'react';
import { change } from '../api/client.ts';
import { ResumeFleetDocument, SuspendFleetDocument, type SystemQuery } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { Act, Free, Time } from '../ui/parts.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';
import { Status } from '../ui/status.tsx';
import { useChange } from '../ui/useChange.tsx';

/** Whether targets are started at all, who stopped that and why, and the button that changes it. */
export function Suspension({ suspension, changed }: { suspension: SystemQuery['suspension']; changed: () => void }) {
  const { t } = useWords();
  const [suspending, setSuspending] = useState(false);
  const { carry, wrong } = useChange();
  const resume = () =>
    carry(async () => {
      const { resumeFleet } = await change(ResumeFleetDocument, {});
      changed();
      return resumeFleet?.userErrors ?? [];
    });
  return (
    <section aria-labelledby="suspension">
      <h2 id="suspension">{t.suspension}</h2>
      <div className="head">
        {suspension ? (
          <>
            <Status shape="paused">{t.suspended}</Status>
            <span>
              <bdi>{suspension.by}</bdi> <Time at={suspension.since} />: <Free>{suspension.reason}</Free>
            </span>
            <Act mutation="resumeFleet" role="ADMIN" onClick={() => void resume()}>
              {t.resumeFleet}
            </Act>
          </>
        ) : (
          <>
            <Status shape="succeeded">{t.notSuspended}</Status>
            <Act mutation="suspendFleet" role="ADMIN" onClick={() => setSuspending(true)}>
              {t.suspendFleet}…
            </Act>
          </>
        )}
      </div>
      {wrong}
      {suspending && (
        <ReasonDialog
          title={t.suspendFleet}
          button={t.suspendFleet}
          untilAsked={false}
          onClose={() => setSuspending(false)}
          send={async ({ reason }) => {
            const { suspendFleet } = await change(SuspendFleetDocument, { input: { reason } });
            changed();
            return suspendFleet?.userErrors ?? [];
          }}
        />
      )}
    </section>
  );
}
