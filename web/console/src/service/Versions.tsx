import { useState } from 'react';
import type { VersionRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { type InstanceCount, versionCounts } from '../overview/counts.ts';
import { part } from '../rules/url.ts';
import { choices } from '../rules/versions.ts';
import { ActLink, Empty, Free, Time } from '../ui/parts.tsx';
import { Status, shapeOf } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';

/** So many versions are shown at first, and all that are in use. */
const SHOWN = 6;

/** The versions of a service, newest first, how many instances have each, and what can be done with it. */
export function Versions({
  service,
  versions,
  counts,
}: {
  service: string;
  versions: readonly VersionRowFragment[];
  counts: readonly InstanceCount[];
}) {
  const { t, f } = useWords();
  const [all, setAll] = useState(false);
  const inUse = versionCounts(counts);
  const upgrades = choices(versions, inUse, 'UPGRADE');
  const reverts = choices(versions, inUse, 'REVERT');
  const on = new Map(inUse.map(({ id, count }) => [id, count]));
  const rows = versions.map((version, index) => ({ version, index })).filter(({ version, index }) => all || index < SHOWN || on.has(version.id));
  const link = (action: string, name: string) => `/s/${part(service)}/release?action=${action}&to=${part(name)}`;
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{t.versions}</h2>
      {versions.length === 0 && <Empty command={`lockkeeper version add ${service} 1.0.0 --artifact URL`}>{t.noVersions}</Empty>}
      {rows.length > 0 && (
        <Table head={[t.version, t.built, t.runsOn, t.notes, t.moveHere]}>
          {rows.map(({ version, index }) => (
            <tr key={version.id}>
              <th scope="row">
                <Free>{version.name}</Free>
              </th>
              <td>
                {version.buildStatus === 'SUCCEEDED' ? (
                  <>
                    <Time at={version.builtAt ?? version.createdAt} /> <bdi className="faint">{version.createdBy}</bdi>
                  </>
                ) : (
                  <Status shape={shapeOf(version.buildStatus)}>{t.buildStatus[version.buildStatus]}</Status>
                )}
              </td>
              <td>{on.has(version.id) ? t.instanceCount(f.number(on.get(version.id) ?? 0), on.get(version.id) ?? 0) : '–'}</td>
              <td>
                {version.withdrawal ? (
                  <>
                    {t.withdrawnBy} <bdi>{version.withdrawal.by}</bdi>: <Free>{version.withdrawal.reason}</Free>
                  </>
                ) : (
                  <Free>{version.buildMessage || version.description || version.ref}</Free>
                )}
              </td>
              <td className="buttons">
                {(upgrades[index]?.count ?? 0) > 0 && (
                  <ActLink mutation="upgradeInstances" href={link('UPGRADE', version.name)}>
                    {t.actionsDo.UPGRADE} {f.number(upgrades[index]?.count ?? 0)}…
                  </ActLink>
                )}
                {(reverts[index]?.count ?? 0) > 0 && (
                  <ActLink mutation="revertInstances" href={link('REVERT', version.name)}>
                    {t.actionsDo.REVERT} {f.number(reverts[index]?.count ?? 0)}…
                  </ActLink>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {!all && rows.length < versions.length && <button onClick={() => setAll(true)}>{t.showAll(versions.length)}</button>}
    </section>
  );
}
