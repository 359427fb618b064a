import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { read } from '../api/client.ts';
import { follow, listen } from '../api/live.ts';
import { type LinesFragment, OutputFollowsDocument, ReleaseOutputDocument, TargetOutputDocument } from '../gql/graphql.ts';
import { type Line, OutputWindow } from '../rules/output.ts';

const PAGE = 200;
const TELL_MS = 100;

type Place = { first?: number; last?: number; before?: string | null; after?: string | null };

export interface OutputState {
  window: OutputWindow;
  /** Changes whenever the lines do. */
  version: number;
  error: CombinedError | null;
  loading: boolean;
  /** Reads older lines; resolves to how many came. */
  older: () => Promise<number>;
  again: () => void;
}

/** The output of a release, or of one of its targets: its end and what comes, or what is around a line. */
export function useOutput(release: string, target: string | undefined, line: string, pause: boolean, open: boolean): OutputState {
  const isOpen = useRef(open);
  isOpen.current = open;
  const [asked, setAsked] = useState(0);
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<CombinedError | null>(null);
  const [loading, setLoading] = useState(true);
  const window = useMemo(() => new OutputWindow(), [release, target, line, asked]);
  const page = useCallback(
    async (place: Place): Promise<LinesFragment | null> => {
      if (target) {
        const { node } = await read(TargetOutputDocument, { id: target, ...place });
        return node && 'log' in node ? node.log : null;
      }
      return (await read(ReleaseOutputDocument, { id: release, ...place })).release?.log ?? null;
    },
    [release, target],
  );

  useEffect(() => {
    if (pause) {
      return;
    }
    let current = true;
    let end = () => {};
    let arrived: Line[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => setVersion(version => version + 1);
    const flush = () => {
      timer = undefined;
      window.append(arrived);
      arrived = [];
      tell();
    };
    const failed = () => current && setAsked(count => count + 1);
    const begin = async () => {
      setLoading(true);
      setError(null);
      try {
        const before = await page(line ? { last: PAGE, before: line } : { last: PAGE });
        // The line itself is the first one behind those before it.
        const after = line ? await page({ first: PAGE, after: before?.pageInfo.endCursor }) : null;
        if (!current) {
          return;
        }
        window.append([...(before?.nodes ?? []), ...(after?.nodes ?? [])]);
        window.before = before?.pageInfo.hasPreviousPage ?? false;
        const last = after?.pageInfo.endCursor ?? before?.pageInfo.endCursor ?? null;
        end = follow(
          OutputFollowsDocument,
          { release, target, after: last },
          ({ releaseLog }) => {
            arrived.push(releaseLog);
            timer ??= setTimeout(flush, TELL_MS);
          },
          failed,
          () => isOpen.current,
        );
      } catch (error) {
        if (current) {
          setError(error as CombinedError);
        }
      } finally {
        if (current) {
          setLoading(false);
          tell();
        }
      }
    };
    void begin();
    const stopListening = listen(event => event.on === 'all' && failed());
    return () => {
      current = false;
      end();
      stopListening();
      clearTimeout(timer);
    };
  }, [window, page, line, release, target, pause]);

  const older = useCallback(async () => {
    const [first] = window.lines;
    if (!first || !window.before) {
      return 0;
    }
    const earlier = await page({ last: PAGE, before: first.cursor });
    window.before = earlier?.pageInfo.hasPreviousPage ?? false;
    const added = window.prepend(earlier?.nodes ?? []);
    setVersion(version => version + 1);
    return added;
  }, [window, page]);
  const again = useCallback(() => setAsked(count => count + 1), []);
  return { window, version, error, loading, older, again };
}
