import { useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useRead } from '../api/hooks.ts';
import { isAbout } from '../api/live.ts';
import { change } from '../api/client.ts';
import { FreezeServiceDocument, type InstanceStatus, ServiceDocument, UnfreezeServiceDocument } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { useKey } from '../app/keys.ts';
import { instanceCounts } from '../overview/counts.ts';
import { ReleaseTable } from '../overview/releases.tsx';
import { pageArguments, place } from '../rules/paging.ts';
import { list, oneOf, part, text } from '../rules/url.ts';
import { useUrlState } from '../rules/useUrlState.ts';
import { Bar } from '../ui/Bar.tsx';
import { Act, ActLink, Empty, Failure, Free, Skeleton, useTitle } from '../ui/parts.tsx';
import { ReasonDialog } from '../ui/ReasonDialog.tsx';
import { useChange } from '../ui/useChange.tsx';
import { HoldList } from '../holds/HoldList.tsx';
import { Instances } from './Instances.tsx';
import { Rollout } from './Rollout.tsx';
import { Versions } from './Versions.tsx';

const FIELDS = {
  q: text(),
  status: oneOf<'' | InstanceStatus>(
    '',
    'RUNNING',
    'INSTALLING',
    'UPGRADING',
    'REVERTING',
    'UNINSTALLING',
    'INSTALL_FAILED',
    'UPGRADE_FAILED',
    'REVERT_FAILED',
    'UNINSTALL_FAILED',
    'UNKNOWN',
  ),
  version: text(),
  locked: oneOf('', 'yes', 'no'),
  chosen: list(),
  ...place,
};

export type Filters = {
  q: string;
  status: '' | InstanceStatus;
  version: string;
  locked: '' | 'yes' | 'no';
  chosen: string[];
  after: string;
  before: string;
};

/** One service: its versions and what can be done with them, its instances, its releases. */
export default function Service({ name }: { name: string }) {
  const { t } = useWords();
  const [, navigate] = useLocation();
  const [state, set] = useUrlState<Filters>(FIELDS);
  const [freezing, setFreezing] = useState(false);
  const { carry, wrong } = useChange();
  useTitle(name);
  const filter = {
    hostnameStartsWith: state.q || undefined,
    statuses: state.status ? [state.status] : undefined,
    versions: state.version ? [state.version] : undefined,
    locked: state.locked ? state.locked === 'yes' : undefined,
  };
  const variables = { name, filter, ...pageArguments(state) };
  const { data, error, loading, again } = useRead(ServiceDocument, variables, (event, data) => isAbout(event, data?.service?.id));
  const dialogue = useCallback(
    (action: string) => {
      const hosts = state.chosen.length ? `&hosts=${state.chosen.map(part).join(',')}` : '';
      return `/s/${part(name)}/release?action=${action}${hosts}`;
    },
    [name, state.chosen],
  );
  useKey('u', useCallback(() => navigate(dialogue('UPGRADE')), [navigate, dialogue]));
  useKey('v', useCallback(() => navigate(dialogue('REVERT')), [navigate, dialogue]));
  if (error && !data) {
    return <Failure error={error} again={again} />;
  }
  if (!data) {
    return loading ? <Skeleton /> : null;
  }
  const { service } = data;
  if (!service) {
    return (
      <Empty>
        {t.noService} <bdi className="free">{name}</bdi> <Link href="/">{t.services}</Link>
      </Empty>
    );
  }
  const freezes = service.freezes;
  const unfreeze = () =>
    carry(async () => {
      const { unfreezeService } = await change(UnfreezeServiceDocument, { input: { serviceId: service.id } });
      again();
      return unfreezeService?.userErrors ?? [];
    });
  return (
    <>
      <div className="head">
        <h1>{service.name}</h1>
        <span className="faint">
          {service.language && <>{service.language} · </>}
          {t.executor} {service.executor}
        </span>
        <span className="buttons">
          <ActLink mutation="installInstances" href={dialogue('INSTALL')}>
            {t.actionsDo.INSTALL}…
          </ActLink>
          <ActLink mutation="uninstallInstances" href={dialogue('UNINSTALL')}>
            {t.actionsDo.UNINSTALL}…
          </ActLink>
          {freezes.length === 0 ? (
            <Act mutation="freezeService" onClick={() => setFreezing(true)}>
              {t.freeze}…
            </Act>
          ) : (
            <Act mutation="unfreezeService" onClick={() => void unfreeze()}>
              {t.unfreeze}
            </Act>
          )}
        </span>
      </div>
      {service.description && (
        <p>
          <Free>{service.description}</Free>
        </p>
      )}
      {wrong}
      {error && <Failure error={error} again={again} />}
      {freezes.length > 0 && <HoldList holds={freezes} changed={again} />}
      <Bar counts={instanceCounts(service.instanceCounts, t)} wide />
      <Versions service={name} versions={service.versions.nodes} counts={service.instanceCounts} />
      <Instances
        connection={service.instances}
        versions={service.versions.nodes}
        state={state}
        set={set}
        dialogue={dialogue}
        changed={again}
      />
      <Rollout service={service} />
      <section>
        <h2>{t.releases}</h2>
        {service.releases.nodes.length ? (
          <ReleaseTable releases={service.releases.nodes} />
        ) : (
          <Empty command={`lockkeeper install ${name} VERSION --hosts all`}>{t.noReleases}</Empty>
        )}
      </section>
      {freezing && (
        <ReasonDialog
          title={`${t.freeze}: ${service.name}`}
          button={t.freeze}
          reverts
          onClose={() => setFreezing(false)}
          send={async ({ reason, until, includeReverts }) => {
            const input = { serviceId: service.id, reason, until, includeReverts };
            const { freezeService } = await change(FreezeServiceDocument, { input });
            again();
            return freezeService?.userErrors ?? [];
          }}
        />
      )}
    </>
  );
}
