import { useState } from 'react';
import { change } from '../api/client.ts';
import { useRead } from '../api/hooks.ts';
import { FreezeFleetDocument, HoldsDocument, type HoldKind } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FIRST, pageArguments, place } from '../rules/paging.ts';
import { oneOf } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { Pages } from '../ui/Pages.tsx';
import { Act, Empty, Failure, Skeleton, useTitle } from '../ui/parts.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';
import { HoldList } from './HoldList.tsx';
import { Windows } from './Windows.tsx';

const FIELDS = { kind: oneOf('', 'INSTANCE', 'HOST', 'SERVICE', 'FLEET', 'WINDOW'), ended: oneOf('', 'yes'), ...place };

/** Everything that keeps releases off: who, why, until when. */
export default function Holds() {
  const { t } = useWords();
  const [state, set] = useUrlState(FIELDS);
  const [freezing, setFreezing] = useState(false);
  useTitle(t.holds);
  const filter = { kinds: state.kind ? [state.kind as HoldKind] : undefined, standing: state.ended ? undefined : true };
  const { data, error, loading, again } = useRead(HoldsDocument, { filter, ...pageArguments(state) }, ({ on }) => on !== 'release');
  return (
    <>
      <section aria-labelledby="holds">
        <div className="head">
          <h1 id="holds">{t.holds}</h1>
          <span className="filters">
            <select
              data-search
              aria-label={t.holdOn}
              value={state.kind}
              onChange={event => set({ kind: event.target.value as typeof state.kind, ...FIRST })}
            >
              <option value="">{t.holdKinds.ALL}</option>
              <option value="INSTANCE">{t.holdKinds.INSTANCE}</option>
              <option value="HOST">{t.holdKinds.HOST}</option>
              <option value="SERVICE">{t.holdKinds.SERVICE}</option>
              <option value="FLEET">{t.holdKinds.FLEET}</option>
              <option value="WINDOW">{t.holdKinds.WINDOW}</option>
            </select>
            <label className="check">
              <input
                type="checkbox"
                checked={state.ended === 'yes'}
                onChange={event => set({ ended: event.target.checked ? 'yes' : '', ...FIRST })}
              />
              {t.endedToo}
            </label>
            <Act mutation="freezeFleet" onClick={() => setFreezing(true)}>
              {t.freezeFleet}…
            </Act>
          </span>
        </div>
        {error && <Failure error={error} again={again} />}
        {!data && loading && <Skeleton />}
        {data && data.holds.nodes.length === 0 && (
          <Empty command='lockkeeper hold SERVICE/HOST --reason "…"'>{t.noHolds}</Empty>
        )}
        {data && data.holds.nodes.length > 0 && <HoldList holds={data.holds.nodes} changed={again} keys />}
        {data && <Pages info={data.holds.pageInfo} go={set} />}
        {freezing && (
          <ReasonDialog
            title={t.freezeFleet}
            button={t.freeze}
            reverts
            onClose={() => setFreezing(false)}
            send={async input => {
              const { freezeFleet } = await change(FreezeFleetDocument, { input });
              again();
              return freezeFleet?.userErrors ?? [];
            }}
          />
        )}
      </section>
      <Windows />
    </>
  );
}
