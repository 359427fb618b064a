import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type CombinedError, useQuery } from 'urql';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { read } from './client.ts';
import { type LiveEvent, listen, liveState, watchState } from './live.ts';
import { useSession } from './session.ts';

/** Events come in bunches: a list is read again when none has come for a moment, and at the latest after this. */
const QUIET_MS = 200;
const LATEST_MS = 1_000;

export interface Read<R> {
  data: R | undefined;
  error: CombinedError | undefined;
  loading: boolean;
  again: () => void;
}

/** Reads a document, and again whenever an event concerns it. */
export function useRead<R, V extends object>(
  document: TypedDocumentString<R, V>,
  variables: V,
  concerns: (event: LiveEvent, data: R | undefined) => boolean,
  pause = false,
): Read<R> {
  const [{ data, error, fetching }, execute] = useQuery<R>({ query: document.toString(), variables, pause });
  const again = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  useEvents(again, event => !pause && concerns(event, data));
  return { data, error, loading: fetching, again };
}

/**
 * Reads what a document says of something, past the cache, and again a moment after events that concern it; null until it came.
 * It is for what the rest of a page does without.
 */
export function useAside<R>(document: TypedDocumentString<R, { id: string }>, id: string, concerns: (event: LiveEvent) => boolean): R | null {
  const [known, setKnown] = useState<{ id: string; data: R } | null>(null);
  const latest = useRef(id);
  latest.current = id;
  const ask = useCallback(() => {
    read(document, { id }).then(
      data => latest.current === id && setKnown({ id, data }),
      () => {},
    );
  }, [document, id]);
  useEffect(ask, [ask]);
  useEvents(ask, concerns);
  return known?.id === id ? known.data : null;
}

/** Calls `act` a moment after events that concern it. */
export function useEvents(act: () => void, concerns: (event: LiveEvent) => boolean): void {
  const latest = useRef({ act, concerns });
  useEffect(() => {
    latest.current = { act, concerns };
  });
  useEffect(() => {
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let first = 0;
    const run = () => {
      first = 0;
      latest.current.act();
    };
    const end = listen(event => {
      if (event.on !== 'all' && !latest.current.concerns(event)) {
        return;
      }
      const now = Date.now();
      first ||= now;
      clearTimeout(quiet);
      quiet = setTimeout(run, Math.min(QUIET_MS, Math.max(0, first + LATEST_MS - now)));
    });
    return () => {
      end();
      clearTimeout(quiet);
    };
  }, []);
}

/** Whether the connection is there. */
export const useLive = () => useSyncExternalStore(watchState, liveState);

/** Whether the caller may use a mutation, and whether it can be used now. */
export function useRight(mutation: string): { allowed: boolean; ready: boolean } {
  const { viewer, ended } = useSession();
  const { offlineSince } = useLive();
  const allowed = viewer?.permissions.includes(mutation) ?? false;
  return { allowed, ready: allowed && offlineSince === null && !ended };
}
