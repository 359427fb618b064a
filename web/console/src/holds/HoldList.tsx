import { Link } from 'wouter';
import { change } from '../api/client.ts';
import {
  EndHoldsDocument,
  type HoldRowFragment,
  type ProblemFragment,
  UnfreezeFleetDocument,
  UnfreezeServiceDocument,
  UnholdHostsDocument,
} from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Act, Free, Time } from '../ui/parts.tsx';
import { Sign } from '../ui/status.tsx';
import { useChange } from '../ui/useChange.tsx';
import { useRows } from '../ui/useRows.ts';

/** Holds and freezes: on what, who, why, until when, and a button that ends each. */
export function HoldList({ holds, changed, keys = false }: { holds: readonly HoldRowFragment[]; changed: () => void; keys?: boolean }) {
  const { t, f } = useWords();
  const { carry, wrong } = useChange();
  const row = useRows(keys ? holds.length : 0);
  const end = (hold: HoldRowFragment) =>
    carry(async () => {
      const problems = await endHold(hold);
      changed();
      return problems;
    });
  return (
    <>
      {wrong}
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.holdOn}</th>
              <th scope="col">{t.why}</th>
              <th scope="col">{t.who}</th>
              <th scope="col">{t.untilWhen}</th>
              <th scope="col">
                <span className="hidden">{t.endHold}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {holds.map((hold, index) => (
              <tr key={hold.id} className={index === row ? 'at' : ''}>
                <th scope="row">
                  <Sign shape="locked" /> <HoldSubject hold={hold} />
                </th>
                <td>
                  <Free>{hold.reason}</Free> {hold.includesReverts && <span className="faint">{t.includesReverts}</span>}
                </td>
                <td>
                  <bdi>{hold.createdBy}</bdi> <Time at={hold.createdAt} />
                </td>
                <td>
                  {hold.endedAt ? (
                    <>
                      {t.ended} <Time at={hold.endedAt} /> <bdi>{hold.endedBy}</bdi>
                    </>
                  ) : hold.until ? (
                    f.instant(hold.until)
                  ) : (
                    t.untilEnded
                  )}
                </td>
                <td>
                  {!hold.endedAt && !hold.freezeWindow && (
                    <Act mutation={mutationThatEnds(hold)} onClick={() => void end(hold)}>
                      {t.endHold}
                    </Act>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function HoldSubject({ hold }: { hold: HoldRowFragment }) {
  const { t } = useWords();
  const { instance, host, service } = hold;
  if (instance) {
    return (
      <>
        <Link href={`/s/${part(instance.service.name)}`}>{instance.service.name}</Link>{' '}
        <Link href={`/hosts/${part(instance.host.hostname)}`}>{instance.host.hostname}</Link>
      </>
    );
  }
  if (host) {
    return (
      <>
        {t.host} <Link href={`/hosts/${part(host.hostname)}`}>{host.hostname}</Link>
      </>
    );
  }
  return (
    <>
      {hold.freezeWindow ? t.freezeWindow : t.freeze}{' '}
      {service ? <Link href={`/s/${part(service.name)}`}>{service.name}</Link> : t.wholeFleet}
    </>
  );
}

function mutationThatEnds({ instance, host, service }: HoldRowFragment): 'endHolds' | 'unholdHosts' | 'unfreezeService' | 'unfreezeFleet' {
  return instance ? 'endHolds' : host ? 'unholdHosts' : service ? 'unfreezeService' : 'unfreezeFleet';
}

async function endHold(hold: HoldRowFragment): Promise<readonly ProblemFragment[]> {
  const holdIds = [hold.id];
  switch (mutationThatEnds(hold)) {
    case 'endHolds':
      return (await change(EndHoldsDocument, { input: { holdIds } })).endHolds?.userErrors ?? [];
    case 'unholdHosts':
      return (await change(UnholdHostsDocument, { input: { holdIds } })).unholdHosts?.userErrors ?? [];
    case 'unfreezeFleet':
      return (await change(UnfreezeFleetDocument, {})).unfreezeFleet?.userErrors ?? [];
    case 'unfreezeService': {
      const input = { serviceId: hold.service?.id, holdIds };
      return (await change(UnfreezeServiceDocument, { input })).unfreezeService?.userErrors ?? [];
    }
  }
}
