import { Link } from 'wouter';
import type { ServiceQuery } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { writtenAmount, writtenPerLabel } from '../rules/amounts.ts';
import { part } from '../rules/url.ts';
import { type Wave, writtenWaves } from '../rules/waves.ts';
import { instanceShape, Sign } from '../ui/status.tsx';

type Found = NonNullable<ServiceQuery['service']>;

/** How many instances of the service may be unavailable, which are, and how its releases move where nothing else is said. */
export function Rollout({ service }: { service: Found }) {
  const { t, f } = useWords();
  const { budget, rolloutDefaults: defaults } = service;
  if (!budget && !defaults) {
    return null;
  }
  const inWords = ({ upTo, failures, soak, pause }: Wave) => t.join([upTo, ...(failures ? [t.tolerates(failures)] : []), ...(soak ? [t.soaks(soak)] : []), ...(pause ? [t.thenPauses] : [])]);
  const facts: [string, string | false | null][] = defaults
    ? [
        [t.maxParallel, defaults.maxParallel && writtenAmount(defaults.maxParallel)],
        [t.maxFailures, defaults.maxFailures && writtenAmount(defaults.maxFailures)],
        [t.maxUnreachable, defaults.maxUnreachable && writtenAmount(defaults.maxUnreachable)],
        [t.maxPerLabel, defaults.maxPerLabel && writtenPerLabel(defaults.maxPerLabel)],
        [t.onFailure, defaults.onFailure && t.onFailures[defaults.onFailure]],
        [t.undo, defaults.withdrawOnUndo && t.undoWithdraws],
        [t.deadlineAfter, defaults.deadlineSeconds !== null && f.duration(defaults.deadlineSeconds * 1_000)],
        [t.waves, defaults.waves && (writtenWaves(defaults.waves).map(inWords).join(' → ') || t.oneWave)],
      ]
    : [];
  return (
    <section aria-labelledby="rollout">
      <h2 id="rollout">{t.rollout}</h2>
      <dl className="facts">
        {budget && (
          <div>
            <dt>{t.budget}</dt>
            <dd>
              {budget.maxUnavailable !== null && `${t.budgetSpent(f.number(budget.spent), f.number(budget.maxUnavailable))} `}
              {budget.maxPerLabel && <>{t.budgetPerLabel(f.number(budget.maxPerLabel.count), budget.maxPerLabel.key)} </>}
              {budget.by.map(({ id, status, host }) => (
                <Link key={id} className="chip" href={`/hosts/${part(host.hostname)}`}>
                  <Sign shape={instanceShape(status)} /> {host.hostname}
                </Link>
              ))}
            </dd>
          </div>
        )}
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}
