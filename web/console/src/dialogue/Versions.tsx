import { useRead } from '../api/hooks.ts';
import { EnabledDocument, type VersionRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import type { VersionCount } from '../overview/counts.ts';
import type { Request } from '../rules/request.ts';
import { type Choice, choices } from '../rules/versions.ts';

/** From which version, and to which. Versions that nothing can be moved to are there, with the reason, and cannot be chosen. */
export function VersionChoice({
  service,
  versions,
  inUse,
  request,
  set,
}: {
  service: string;
  versions: readonly VersionRowFragment[];
  inUse: readonly VersionCount[];
  request: Request;
  set: (change: Partial<Request>) => void;
}) {
  const { t, f } = useWords();
  const { action, from, to } = request;
  const moves = action === 'UPGRADE' || action === 'REVERT';
  const fromVersion = inUse.find(({ name }) => name === from);
  const enabled = useRead(
    EnabledDocument,
    { service, action: action === 'REVERT' ? 'REVERT' : 'UPGRADE', from: fromVersion?.id ?? '' },
    ({ on }) => on === 'service',
    !moves || !fromVersion,
  );
  const allowed = new Map(enabled.data?.service?.versions.nodes.map(({ id, enabled }) => [id, enabled]));
  const offered: Choice<VersionRowFragment>[] = choices(versions, fromVersion ? [fromVersion] : inUse, action).map(choice =>
    // For one version the server says itself what is enabled.
    moves && fromVersion && allowed.has(choice.version.id)
      ? { ...choice, why: allowed.get(choice.version.id) ? null : (choice.why ?? (action === 'UPGRADE' ? 'NOT_NEWER' : 'NOT_OLDER')) }
      : choice,
  );
  const unknown = to !== '' && !versions.some(({ name }) => name === to);
  return (
    <>
      {moves && (
        <fieldset>
          <legend>{t.from}</legend>
          <label className="check">
            <input type="radio" name="from" checked={from === ''} onChange={() => set({ from: '' })} /> {t.anyVersion}
          </label>
          {inUse.map(({ id, name, count }) => (
            <label key={id} className="check">
              <input type="radio" name="from" checked={from === name} onChange={() => set({ from: name })} />
              <bdi>{name}</bdi> <span className="faint">({f.number(count)})</span>
            </label>
          ))}
        </fieldset>
      )}
      <label>
        {t.to}
        <select aria-label={t.to} value={unknown ? '' : to} onChange={event => set({ to: event.target.value })} required>
          <option value="">{t.chooseVersion}</option>
          {offered.map(({ version, why, count }) => (
            <option key={version.id} value={version.name} disabled={why !== null}>
              {version.name}
              {why === null ? (moves ? ` (${f.number(count)})` : '') : ` – ${t.whyNot[why]}`}
              {version.withdrawal && `: ${version.withdrawal.by}, ${version.withdrawal.reason.slice(0, 60)}`}
            </option>
          ))}
        </select>
      </label>
      {unknown && (
        <p role="alert">
          {t.noVersion} <bdi className="free">{to}</bdi>
        </p>
      )}
    </>
  );
}
