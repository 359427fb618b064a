import { useCallback, useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { useEvents } from '../api/hooks.ts';
import { isAbout } from '../api/live.ts';
import type { Input } from '../rules/request.ts';
import type { ReleaseAction } from '../gql/graphql.ts';
import { type Outcome, dryRun } from './send.ts';

/** So long after the last change the server is asked. */
const QUIET_MS = 300;

export interface Preview {
  /** What would happen; null until it is known for what is chosen now. */
  outcome: Outcome | null;
  error: CombinedError | null;
  asking: boolean;
  again: () => void;
}

/** What a request would do, by the code that does it: asked a moment after each change, and after each event of the service. */
export function useDryRun(action: ReleaseAction, input: Input | null, service: string | undefined): Preview {
  const [state, setState] = useState<{ for: string; outcome: Outcome | null; error: CombinedError | null }>({
    for: '',
    outcome: null,
    error: null,
  });
  const [asked, setAsked] = useState(0);
  const text = input ? JSON.stringify([action, input]) : '';
  const latest = useRef(0);
  const again = useCallback(() => setAsked(count => count + 1), []);
  useEvents(again, event => isAbout(event, service));
  useEffect(() => {
    const number = ++latest.current;
    if (!text) {
      return;
    }
    const [action, input] = JSON.parse(text) as [ReleaseAction, Input];
    const timer = setTimeout(() => {
      const settle = (outcome: Outcome | null, error: CombinedError | null) => {
        if (number === latest.current) {
          setState({ for: text, outcome, error });
        }
      };
      dryRun(action, input).then(
        outcome => settle(outcome, null),
        (error: CombinedError) => settle(null, error),
      );
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [text, asked]);
  const known = state.for === text;
  return { outcome: known ? state.outcome : null, error: known ? state.error : null, asking: text !== '' && !known, again };
}
