import { type ReactNode, useState } from 'react';
import type { CombinedError } from 'urql';
import type { ProblemFragment } from '../gql/graphql.ts';
import { Failure, Problems } from './parts.tsx';

interface Changes {
  /** Carries out a change, which says what is wrong with its input; resolves to whether nothing was. */
  carry: (change: () => Promise<readonly ProblemFragment[]>) => Promise<boolean>;
  busy: boolean;
  /** What was wrong with the last one. */
  wrong: ReactNode;
}

/** Carries out changes, and shows what was wrong with the last one. */
export function useChange(): Changes {
  const [problems, setProblems] = useState<readonly ProblemFragment[]>([]);
  const [error, setError] = useState<CombinedError | null>(null);
  const [busy, setBusy] = useState(false);
  const carry = async (change: () => Promise<readonly ProblemFragment[]>) => {
    setBusy(true);
    setError(null);
    try {
      const found = await change();
      setProblems(found);
      return found.length === 0;
    } catch (error) {
      setError(error as CombinedError);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const wrong = (
    <>
      <Problems problems={problems} />
      {error && <Failure error={error} />}
    </>
  );
  return { carry, busy, wrong };
}
