import { useState } from 'react';
import { Link } from 'wouter';
import { change } from '../api/client.ts';
import { HoldInstancesDocument, type InstanceRowFragment, type PageFragment, type VersionRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FIRST } from '../rules/paging.ts';
import { part } from '../rules/url.ts';
import { FailedWhy } from '../ui/FailedWhy.tsx';
import { Pages } from '../ui/Pages.tsx';
import { Act, ActLink, Empty, Locks, Time } from '../ui/parts.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';
import { InstanceState, Sign } from '../ui/status.tsx';
import { useRows } from '../ui/useRows.ts';
import type { Filters } from './Service.tsx';

/** The instances of a service: found by filters, chosen by boxes. */
export function Instances({
  connection,
  versions,
  state,
  set,
  dialogue,
  changed,
}: {
  connection: { nodes: readonly InstanceRowFragment[]; totalCount: number; pageInfo: PageFragment };
  versions: readonly VersionRowFragment[];
  state: Filters;
  set: (change: Partial<Filters>, typed?: boolean) => void;
  dialogue: (action: string) => string;
  changed: () => void;
}) {
  const { t, f } = useWords();
  const [holding, setHolding] = useState<InstanceRowFragment[] | null>(null);
  const { nodes, totalCount, pageInfo } = connection;
  const row = useRows(nodes.length);
  const { chosen } = state;
  const filtered = state.q || state.status || state.version || state.locked;
  const toggle = (hostname: string) =>
    set({ chosen: chosen.includes(hostname) ? chosen.filter(other => other !== hostname) : [...chosen, hostname] });
  return (
    <section aria-labelledby="instances">
      <div className="head">
        <h2 id="instances">
          {t.instances} <span className="faint">{f.number(totalCount)}</span>
        </h2>
        <span className="filters">
          <select aria-label={t.status} value={state.status} onChange={event => set({ status: event.target.value as Filters['status'], ...FIRST })}>
            <option value="">{t.anyStatus}</option>
            {Object.entries(t.instanceStatus)
              .filter(([status]) => status !== 'REMOVED')
              .map(([status, word]) => (
                <option key={status} value={status}>
                  {word}
                </option>
              ))}
          </select>
          <select aria-label={t.version} value={state.version} onChange={event => set({ version: event.target.value, ...FIRST })}>
            <option value="">{t.anyVersion}</option>
            {versions.map(({ id, name }) => (
              <option key={id}>{name}</option>
            ))}
          </select>
          <select aria-label={t.locks} value={state.locked} onChange={event => set({ locked: event.target.value as Filters['locked'], ...FIRST })}>
            <option value="">{t.lockedOrNot}</option>
            <option value="yes">{t.locked}</option>
            <option value="no">{t.notLocked}</option>
          </select>
          <input
            data-search
            type="search"
            aria-label={t.hostBegins}
            placeholder={t.hostBegins}
            value={state.q}
            onChange={event => set({ q: event.target.value, ...FIRST }, true)}
          />
        </span>
        <span className="buttons">
          {chosen.length > 0 && (
            <>
              <span>{t.chosen(f.number(chosen.length))}</span>
              <button onClick={() => set({ chosen: [] })}>{t.chooseNone}</button>
              <Act
                mutation="holdInstances"
                onClick={() => setHolding(nodes.filter(({ host }) => chosen.includes(host.hostname)))}
              >
                {t.hold}…
              </Act>
            </>
          )}
          <ActLink mutation="upgradeInstances" href={dialogue('UPGRADE')}>
            {t.actionsDo.UPGRADE}…
          </ActLink>
          <ActLink mutation="revertInstances" href={dialogue('REVERT')}>
            {t.actionsDo.REVERT}…
          </ActLink>
        </span>
      </div>
      {nodes.length === 0 && <Empty>{filtered ? t.nothingFound : t.noInstances}</Empty>}
      {nodes.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">
                  <span className="hidden">{t.choose}</span>
                </th>
                <th scope="col">{t.host}</th>
                <th scope="col">{t.status}</th>
                <th scope="col">{t.version}</th>
                <th scope="col">{t.changed}</th>
                <th scope="col">{t.notes}</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map((instance, index) => (
                <tr key={instance.id} className={index === row ? 'at' : ''}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`${t.choose} ${instance.host.hostname}`}
                      checked={chosen.includes(instance.host.hostname)}
                      onChange={() => toggle(instance.host.hostname)}
                    />
                  </td>
                  <th scope="row">
                    <Link href={`/hosts/${part(instance.host.hostname)}`}>{instance.host.hostname}</Link>
                  </th>
                  <td>
                    <InstanceState status={instance.status} />
                  </td>
                  <InstanceCells instance={instance} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pages info={pageInfo} go={set} />
      {holding && (
        <ReasonDialog
          title={t.holdN(holding.length)}
          button={t.hold}
          onClose={() => setHolding(null)}
          send={async ({ reason, until }) => {
            const input = { instanceIds: holding.map(({ id }) => id), reason, until };
            const { holdInstances } = await change(HoldInstancesDocument, { input });
            changed();
            return holdInstances?.userErrors ?? [];
          }}
        />
      )}
    </section>
  );
}

/** What runs, since when by whom, and what is to be known about it: the cells of an instance behind its status. */
export function InstanceCells({ instance }: { instance: InstanceRowFragment }) {
  return (
    <>
      <td>
        <bdi>{instance.version?.name ?? '–'}</bdi>
      </td>
      <td>
        <Time at={instance.updatedAt} /> <bdi className="faint">{instance.updatedBy}</bdi>
      </td>
      <td>
        <Locks locks={instance.locks} />
        <InstanceNotes instance={instance} />
      </td>
    </>
  );
}

/** What is special about an instance beside its locks: why it failed, that it is drained, that something else runs there. */
function InstanceNotes({ instance }: { instance: InstanceRowFragment }) {
  const { t } = useWords();
  const { lastTarget, drainedSince, observedVersion, version, status } = instance;
  const drifted = observedVersion !== null && observedVersion !== version?.name && status === 'RUNNING';
  return (
    <>
      {status.endsWith('FAILED') && lastTarget && (
        <span className="note">
          <FailedWhy row={instance} />
        </span>
      )}
      {drainedSince && (
        <span className="note">
          {t.drained} <Time at={drainedSince} />
        </span>
      )}
      {instance.health === 'UNHEALTHY' && (
        <span className="note">
          <Sign shape="failed" /> {t.isUnhealthy} {instance.healthAt && <Time at={instance.healthAt} />}
        </span>
      )}
      {drifted && (
        <span className="note">
          {t.drifted} <bdi>{observedVersion}</bdi>
        </span>
      )}
      {instance.maintenance && <span className="note">{t.maintenance}</span>}
    </>
  );
}
