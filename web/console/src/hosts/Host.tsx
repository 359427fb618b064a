import { useState } from 'react';
import { Link } from 'wouter';
import { change } from '../api/client.ts';
import { isNotFound } from '../api/errors.ts';
import { useRead } from '../api/hooks.ts';
import { HoldHostsDocument, HostDocument, type HostQuery, type InstanceRowFragment } from '../gql/graphql.ts';
import { HoldList } from '../holds/HoldList.tsx';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { InstanceCells } from '../service/Instances.tsx';
import { Act, Empty, Failure, Free, Skeleton, Time, useTitle } from '../ui/parts.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';
import { InstanceState } from '../ui/status.tsx';
import { Table } from '../ui/Table.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';

/** One host: its labels, what runs there and is busy with what, who holds it, and what happened. */
export default function Host({ hostname }: { hostname: string }) {
  const { t } = useWords();
  const [holding, setHolding] = useState(false);
  const [confirming, setConfirming] = useState<InstanceRowFragment | null>(null);
  useTitle(hostname);
  const { data, error, loading, again } = useRead(
    HostDocument,
    { hostname },
    event => event.on === 'instance' && event.event.hostname === hostname,
  );
  const host = data?.host;
  if (data && !host) {
    return <NoHost hostname={hostname} />;
  }
  // The list of holds refuses the name of a host that does not exist.
  if (error && !host) {
    return isNotFound(error) ? <NoHost hostname={hostname} /> : <Failure error={error} again={again} />;
  }
  if (!host) {
    return loading ? <Skeleton /> : null;
  }
  return (
    <>
      <div className="head">
        <h1>{host.hostname}</h1>
        <bdi className="faint">{host.address}</bdi>
        {host.labels.map(({ key, value }) => (
          <Link key={key} className="chip" href={`/hosts?labels=${part(`${key}=${value}`)}`}>
            {key}={value}
          </Link>
        ))}
        <span className="buttons">
          <Act mutation="holdHosts" onClick={() => setHolding(true)}>
            {t.hold}…
          </Act>
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {data && data.holds.nodes.length > 0 && (
        <section>
          <h2>{t.holds}</h2>
          <HoldList holds={data.holds.nodes} changed={again} />
        </section>
      )}
      <section>
        <h2>{t.whatRuns}</h2>
        {host.instances.nodes.length === 0 && (
          <Empty command={`lockkeeper install SERVICE VERSION --hosts ${host.hostname}`}>{t.nothingRuns}</Empty>
        )}
        {host.instances.nodes.length > 0 && <Running instances={host.instances.nodes} confirm={setConfirming} />}
      </section>
      <History events={host.events.nodes} />
      {holding && (
        <ReasonDialog
          title={`${t.hold}: ${host.hostname}`}
          button={t.hold}
          onClose={() => setHolding(false)}
          send={async ({ reason, until }) => {
            const { holdHosts } = await change(HoldHostsDocument, { input: { hostIds: [host.id], reason, until } });
            again();
            return holdHosts?.userErrors ?? [];
          }}
        />
      )}
      {confirming && (
        <ConfirmDialog
          instance={confirming}
          onClose={() => {
            setConfirming(null);
            again();
          }}
        />
      )}
    </>
  );
}

function NoHost({ hostname }: { hostname: string }) {
  const { t } = useWords();
  return (
    <Empty>
      {t.noHost} <bdi className="free">{hostname}</bdi> <Link href="/hosts">{t.hosts}</Link>
    </Empty>
  );
}

function Running({ instances, confirm }: { instances: readonly InstanceRowFragment[]; confirm: (instance: InstanceRowFragment) => void }) {
  const { t } = useWords();
  return (
    <Table head={[t.service, t.status, t.version, t.changed, t.notes]}>
      {instances.map(instance => (
        <tr key={instance.id}>
          <th scope="row">
            <Link href={`/s/${part(instance.service.name)}`}>{instance.service.name}</Link>
          </th>
          <td>
            <InstanceState status={instance.status} />{' '}
            {instance.status === 'UNKNOWN' && (
              <Act mutation="confirmInstance" onClick={() => confirm(instance)}>
                {t.confirm}…
              </Act>
            )}
          </td>
          <InstanceCells instance={instance} />
        </tr>
      ))}
    </Table>
  );
}

type HostEvent = NonNullable<HostQuery['host']>['events']['nodes'][number];

function History({ events }: { events: readonly HostEvent[] }) {
  const { t } = useWords();
  return (
    <section>
      <h2>{t.history}</h2>
      {events.length === 0 && <p className="faint">{t.noHistory}</p>}
      {events.length > 0 && (
        <div className="scroll">
          <table>
            <tbody>
              {events.map(event => (
                <tr key={event.cursor}>
                  <td>
                    <Time at={event.at} />
                  </td>
                  <td>
                    <Link href={`/s/${part(event.serviceName)}`}>{event.serviceName}</Link>
                  </td>
                  <td>{t.eventKinds[event.kind]}</td>
                  <td>
                    <InstanceState status={event.status} />
                  </td>
                  <td>
                    <bdi>{event.version?.name}</bdi>
                  </td>
                  <td>
                    {event.release && <Link href={`/r/${event.release.id}`}>{event.release.id}</Link>}
                    {event.hold && <Free>{event.hold.reason}</Free>} <bdi className="faint">{event.causedBy}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
