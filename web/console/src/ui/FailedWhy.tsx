import { Link } from 'wouter';
import type { InstanceRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { part } from '../rules/url.ts';
import { Said } from './parts.tsx';

/** Why the last release of an instance failed there. */
export function FailedWhy({ row: { host, lastTarget: target } }: { row: InstanceRowFragment }) {
  const { t } = useWords();
  return target ? (
    <>
      <Link href={`/r/${target.release.id}?host=${part(host.hostname)}`}>{target.release.id}</Link>
      {target.exitStatus !== null && ` ${t.exit(target.exitStatus)}`}
      <Said>{target.message}</Said>
    </>
  ) : null;
}
