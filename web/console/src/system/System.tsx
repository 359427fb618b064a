import { useEffect } from 'react';
import { useRead, useRight } from '../api/hooks.ts';
import { ServerStateDocument, SystemDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { Empty, Failure, Skeleton, Time, useTitle } from '../ui/parts.tsx';
import { Suspension } from './Suspension.tsx';
import { Table } from '../ui/Table.tsx';

/** Workers beat without events, so this page asks again and again. */
const POLL_MS = 5_000;

/** The server: its version and database, who carries out releases, and by what. */
export default function System() {
  const { t } = useWords();
  useTitle(t.system);
  const system = useRead(SystemDocument, {}, ({ on }) => on === 'fleet');
  const { allowed } = useRight('server');
  const { data, error, again } = useRead(ServerStateDocument, {}, () => false, !allowed);
  useEffect(() => {
    const timer = allowed ? setInterval(again, POLL_MS) : undefined;
    return () => clearInterval(timer);
  }, [allowed, again]);
  const server = data?.server;
  return (
    <>
      <h1>{t.system}</h1>
      {system.error && <Failure error={system.error} again={system.again} />}
      {!system.data && system.loading && <Skeleton />}
      {system.data && <Suspension suspension={system.data.suspension} changed={system.again} />}
      {!allowed && <p className="faint">{t.serverNeeds}</p>}
      {error && <Failure error={error} again={again} />}
      {server && (
        <>
          <dl className="facts">
            <div>
              <dt>{t.serverVersion}</dt>
              <dd>{server.version}</dd>
            </div>
            <div>
              <dt>{t.database}</dt>
              <dd>{server.database}</dd>
            </div>
          </dl>
          <section>
            <h2>{t.workers}</h2>
            {server.workers.length === 0 && <Empty command="lockkeeper serve">{t.noWorkers}</Empty>}
            {server.workers.length > 0 && (
              <Table head={[t.worker, t.executors, t.running, t.started, t.lastBeat]}>
                {server.workers.map(worker => (
                  <tr key={worker.name}>
                    <th scope="row">{worker.name}</th>
                    <td>{worker.executors.join(', ')}</td>
                    <td>
                      {worker.running} / {worker.maxTargets}
                    </td>
                    <td>
                      <Time at={worker.startedAt} />
                    </td>
                    <td>
                      <Time at={worker.lastBeat} />
                    </td>
                  </tr>
                ))}
              </Table>
            )}
          </section>
        </>
      )}
      {system.data && (
        <section>
          <h2>{t.executors}</h2>
          {system.data.executors.length === 0 && <Empty>{t.noExecutors}</Empty>}
          {system.data.executors.length > 0 && (
            <div className="scroll">
              <table>
                <tbody>
                  {system.data.executors.map(executor => (
                    <tr key={executor.name}>
                      <th scope="row">{executor.name}</th>
                      <td>{executor.kind}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </section>
      )}
    </>
  );
}
