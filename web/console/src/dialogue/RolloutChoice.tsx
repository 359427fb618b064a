import type { DefaultsFragment, OnFailure } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { writtenAmount, writtenPerLabel, writtenTime } from '../rules/amounts.ts';
import { type Request, mayWithdraw, readable } from '../rules/request.ts';
import { WavesChoice } from './WavesChoice.tsx';

/** How the release moves over its instances. What is left empty is as the service has it, or else the configuration. */
export function RolloutChoice({
  request,
  defaults,
  set,
}: {
  request: Request;
  defaults: DefaultsFragment | null;
  set: (change: Partial<Request>) => void;
}) {
  const { t } = useWords();
  const { action, waves, onFailure, withdraw, unknown, reapply } = request;
  const withdraws = withdraw ? withdraw === 'yes' : (defaults?.withdrawOnUndo ?? false);
  const { maxParallel, maxFailures, maxUnreachable, maxPerLabel, deadlineSeconds } = defaults ?? {};
  const fields: ['parallel' | 'failures' | 'unreachable' | 'perLabel' | 'deadline', string, string | null | undefined][] = [
    ['parallel', t.maxParallel, maxParallel && writtenAmount(maxParallel)],
    ['failures', t.maxFailures, maxFailures && writtenAmount(maxFailures)],
    ['unreachable', t.maxUnreachable, maxUnreachable && writtenAmount(maxUnreachable)],
    ['perLabel', t.maxPerLabel, maxPerLabel && writtenPerLabel(maxPerLabel)],
    ['deadline', t.deadlineAfter, deadlineSeconds ? writtenTime(deadlineSeconds) : null],
  ];
  const chosen = fields.some(([name]) => request[name]) || waves.length || onFailure || withdraw || unknown || reapply;
  return (
    <details className="rollout" open={Boolean(chosen || defaults)}>
      <summary>{t.rollout}</summary>
      <div className="row">
        {fields.map(([name, word, ofService]) => (
          <label key={name}>
            {word}
            <input value={request[name]} placeholder={ofService ?? t.default} onChange={event => set({ [name]: event.target.value })} />
          </label>
        ))}
        <label>
          {t.onFailure}
          <select value={onFailure} onChange={event => set({ onFailure: event.target.value as '' | OnFailure })}>
            <option value="">{defaults?.onFailure ? `${t.onFailures[defaults.onFailure]} (${t.default})` : t.default}</option>
            {Object.entries(t.onFailures)
              // An uninstallation has no way back.
              .filter(([value]) => action !== 'UNINSTALL' || value !== 'UNDO')
              .map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
          </select>
        </label>
      </div>
      <WavesChoice request={request} defaults={defaults?.waves ?? []} set={set} />
      {!readable(request) && <p role="alert">{t.amountForm}</p>}
      <div className="row">
        {mayWithdraw(action) && (
          <label className="check">
            <input type="checkbox" checked={withdraws} onChange={event => set({ withdraw: event.target.checked ? 'yes' : 'no' })} />
            {t.withdrawOnUndo}
          </label>
        )}
        <label className="check">
          <input type="checkbox" checked={unknown === 'yes'} onChange={event => set({ unknown: event.target.checked ? 'yes' : '' })} />
          {t.includeUnknown}
        </label>
        {(action === 'UPGRADE' || action === 'REVERT') && (
          <label className="check">
            <input type="checkbox" checked={reapply === 'yes'} onChange={event => set({ reapply: event.target.checked ? 'yes' : '' })} />
            {t.reapply}
          </label>
        )}
      </div>
    </details>
  );
}
