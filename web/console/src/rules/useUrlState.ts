import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { type Fields, readState, writeState } from './url.ts';

/** The state in the address. A choice is a step that "back" undoes; what is typed replaces the present one. */
export function useUrlState<S extends object>(fields: Fields<S>): [S, (change: Partial<S>, typed?: boolean) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const state = useMemo(() => readState(fields, search), [fields, search]);
  const set = useCallback(
    (change: Partial<S>, typed = false) => {
      const now = location.search.slice(1);
      const next = writeState(fields, { ...readState(fields, now), ...change }, now);
      if (next !== now) {
        navigate(next ? `${path}?${next}` : path, { replace: typed });
      }
    },
    [fields, navigate, path],
  );
  return [state, set];
}
