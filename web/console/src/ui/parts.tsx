import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { serverNow } from '../api/clock.ts';
import { facts } from '../api/errors.ts';
import { useRight } from '../api/hooks.ts';
import type { LockRowFragment, ProblemFragment, Role } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { Sign } from './status.tsx';

const ticks = new Set<() => void>();
let tick = 0;
setInterval(() => {
  tick += 1;
  ticks.forEach(listener => listener());
}, 1_000);

/** The server's time, renewed every second. */
export function useNow(): number {
  useSyncExternalStore(
    listener => {
      ticks.add(listener);
      return () => ticks.delete(listener);
    },
    () => tick,
  );
  return serverNow();
}

/** How long ago, with the exact time on hover. */
export function Time({ at }: { at: string }) {
  const { f } = useWords();
  const now = useNow();
  return (
    <time dateTime={at} title={f.instant(at)}>
      {f.ago(at, now)}
    </time>
  );
}

/** Until when, and how far ahead that is. */
export function Until({ at }: { at: string }) {
  const { t, f } = useWords();
  return (
    <>
      {t.until(f.instant(at))} (<Time at={at} />)
    </>
  );
}

/** A gray frame, once reading takes longer than an eye notices. */
export function Skeleton() {
  const { t } = useWords();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return shown ? (
    <div className="skeleton" role="status" aria-label={t.loading}>
      <span />
      <span />
      <span />
    </div>
  ) : null;
}

/** A sentence, and the command that would put something here. */
export function Empty({ children, command }: { children: ReactNode; command?: string }) {
  return (
    <p className="empty">
      {children} {command && <code>{command}</code>}
    </p>
  );
}

/** What went wrong, in the page's language, with the server's sentence and the id of the request. */
export function Failure({ error, again }: { error: CombinedError; again?: () => void }) {
  const { t } = useWords();
  const first = error.graphQLErrors?.[0];
  const { code, requestId: id } = facts(error);
  return (
    <div className="failure" role="alert">
      <p>
        <strong>{t.errors[code as keyof typeof t.errors] ?? t.errorOther}</strong>{' '}
        <span className="said">{first?.message ?? error.networkError?.message ?? error.message}</span>
      </p>
      {id && (
        <p className="faint">
          {t.requestId} <code>{id}</code>
        </p>
      )}
      {again && <button onClick={again}>{t.tryAgain}</button>}
    </div>
  );
}

/** Problems with the input of a mutation. */
export function Problems({ problems }: { problems: readonly ProblemFragment[] }) {
  const { t } = useWords();
  return problems.length === 0 ? null : (
    <ul className="failure" role="alert">
      {problems.map(({ code, message, field }) => (
        <li key={`${code} ${field?.join('.')} ${message}`}>
          <strong>{t.problems[code]}</strong> <span className="said">{message}</span>
        </li>
      ))}
    </ul>
  );
}

/** A button for a mutation. If the caller's role does not allow it, it says which role does. */
export function Act({
  mutation,
  onClick,
  children,
  disabled = false,
  reason,
  strong = false,
  role = 'OPERATOR',
}: {
  mutation: string;
  onClick: () => void;
  children: ReactNode;
  disabled?: boolean;
  /** Why it cannot be used at the moment, if it cannot. */
  reason?: string;
  strong?: boolean;
  /** The smallest role that may use it. */
  role?: Role;
}) {
  const { t } = useWords();
  const { allowed, ready } = useRight(mutation);
  const why = allowed ? (ready ? reason : t.offlineButton) : t.needsRole(role);
  return (
    <button className={strong ? 'strong' : ''} onClick={onClick} disabled={!ready || disabled || reason !== undefined} title={why}>
      {children}
      {!allowed && <span className="role"> ({t.needsRole(role)})</span>}
    </button>
  );
}

/** A link to a page with a form, for those who may use it. */
export function ActLink({ mutation, href, children }: { mutation: string; href: string; children: ReactNode }) {
  const { t } = useWords();
  const { allowed } = useRight(mutation);
  return allowed ? (
    <Link className="button" href={href}>
      {children}
    </Link>
  ) : (
    <button disabled title={t.needsRole('OPERATOR')}>
      {children} <span className="role">({t.needsRole('OPERATOR')})</span>
    </button>
  );
}

/** Who locks something, why, and until when. */
export function Locks({ locks }: { locks: readonly LockRowFragment[] }) {
  const { t, f } = useWords();
  return (
    <span className="locks">
      {locks.map(({ holder, by, reason, until }) => (
        <span key={holder.id} className="lock">
          <Sign shape="locked" />{' '}
          {holder.__typename === 'Release' ? (
            <>
              {t.lockedByRelease} <Link href={`/r/${holder.id}`}>{holder.id}</Link>
            </>
          ) : (
            <>
              {t.lockedBy} <bdi>{by}</bdi>: <bdi className="free">{reason}</bdi>
              {until && ` (${t.until(f.instant(until))})`}
            </>
          )}
        </span>
      ))}
    </span>
  );
}

/** Text that people wrote: of any length, in any direction. */
export function Free({ children }: { children: string }) {
  return (
    <bdi className="free" title={children.length > 80 ? children : undefined}>
      {children}
    </bdi>
  );
}

/** What somebody or something said about what is before it, if anything. */
export function Said({ children }: { children: string | null }) {
  return children ? (
    <>
      {': '}
      <Free>{children}</Free>
    </>
  ) : null;
}

/** A label of hosts. */
export function LabelChip({ label: { key, value } }: { label: { key: string; value: string } }) {
  return (
    <bdi className="chip">
      {key}={value}
    </bdi>
  );
}

/** The title of the window. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · lockkeeper`;
  }, [title]);
}
