import { useState } from 'react';
import { Link } from 'wouter';
import { change } from '../api/client.ts';
import { useRead } from '../api/hooks.ts';
import { FreezeWindowsDocument, RemoveFreezeWindowDocument, type WindowRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Act, Failure, Free } from '../ui/parts.tsx';
import { Status } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';
import { useChange } from '../ui/useChange.tsx';
import { WindowDialog } from './WindowDialog.tsx';

/** The freeze windows: of which services, when, why, whether each is open, and what makes and removes them. */
export function Windows() {
  const { t } = useWords();
  const [making, setMaking] = useState(false);
  const { carry, wrong } = useChange();
  const { data, error, again } = useRead(FreezeWindowsDocument, {}, ({ on }) => on === 'fleet');
  const windows = data?.freezeWindows ?? [];
  const remove = (freezeWindowId: string) =>
    carry(async () => {
      const { removeFreezeWindow } = await change(RemoveFreezeWindowDocument, { input: { freezeWindowId } });
      again();
      return removeFreezeWindow?.userErrors ?? [];
    });
  return (
    <section aria-labelledby="windows">
      <div className="head">
        <h2 id="windows">{t.freezeWindows}</h2>
        <span className="buttons">
          <Act mutation="createFreezeWindow" onClick={() => setMaking(true)}>
            {t.makeWindow}…
          </Act>
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {wrong}
      {data && windows.length === 0 && <p className="faint">{t.noWindows}</p>}
      {windows.length > 0 && (
        <Table head={[t.windowWhen, t.services, t.why, t.status, t.removeWindow]}>
          {windows.map(window => (
            <tr key={window.id}>
              <th scope="row">
                {window.days.map(day => t.weekdays[day]).join(', ')} {window.from}–{window.to}{' '}
                <span className="faint">{window.timeZone}</span>
              </th>
              <td>
                {window.services
                  ? window.services.map(({ id, name }) => (
                      <Link key={id} className="chip" href={`/s/${part(name)}`}>
                        {name}
                      </Link>
                    ))
                  : t.allServices}
              </td>
              <td>
                <Free>{window.reason}</Free> {window.includesReverts && <span className="faint">{t.includesReverts}</span>}{' '}
                <bdi className="faint">{window.createdBy}</bdi>
              </td>
              <td>
                <WindowState window={window} />
              </td>
              <td>
                <Act mutation="removeFreezeWindow" onClick={() => void remove(window.id)}>
                  {t.removeWindow}
                </Act>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {making && <WindowDialog onClose={() => setMaking(false)} changed={again} />}
    </section>
  );
}

function WindowState({ window: { open, opensAt, closesAt } }: { window: WindowRowFragment }) {
  const { t, f } = useWords();
  return (
    <>
      <Status shape={open ? 'locked' : 'queued'}>{open ? t.windowOpen : t.windowClosed}</Status>{' '}
      <span className="faint">
        {open ? closesAt && t.until(f.instant(closesAt)) : opensAt && t.windowOpens(f.instant(opensAt))}
      </span>
    </>
  );
}
