import type { FetcherParams, Observable } from '@graphiql/toolkit';
import { type ExecutionResult, Kind, type OperationDefinitionNode } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { socketUrl } from './server';

/** What the pane for the answer shows of a subscription: not only what came last. */
interface Watched {
  received: number;
  newestFirst: unknown[];
}

/** How GraphiQL receives answers. */
interface Observer {
  next: (shown: Watched) => void;
  error: (problem: unknown) => void;
  complete: () => void;
}

const SHOWN = 500;
/** The server's "forbidden": a token that does not count does not come to count by trying again. */
const FORBIDDEN = 4403;

/** A socket that is opened when a subscription needs it, and again whenever it breaks. */
export function openSocket(token: string): Client {
  return createClient({
    url: socketUrl.href,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: Infinity,
    shouldRetry: event => event instanceof CloseEvent && event.code !== FORBIDDEN,
  });
}

/** Follows a subscription. After a break it resumes behind the last cursor that it saw, if it selects the events'
 * `cursor` and takes `after` from a variable. */
export function watch(
  socket: Client,
  { query, variables, operationName }: FetcherParams,
  operation: OperationDefinitionNode,
): Observable<ExecutionResult> {
  const place = placeVariable(operation);
  let after: unknown;
  const watched: Watched = { received: 0, newestFirst: [] };
  const request = {
    query,
    operationName,
    // Read again each time the socket is opened.
    get variables() {
      return place && after !== undefined ? { ...variables, [place]: after } : variables;
    },
  };
  const subscribe = ({ next, error, complete }: Observer) => ({
    unsubscribe: socket.subscribe(request, {
      next(result) {
        const [event]: unknown[] = Object.values(result.data ?? {});
        after = cursor(event) ?? after;
        watched.received += 1;
        watched.newestFirst = [result.errors ? result : event, ...watched.newestFirst].slice(0, SHOWN);
        next(watched);
      },
      error: problem => error(readable(problem)),
      complete,
    }),
  });
  // GraphiQL's type knows only results, but it shows any value.
  return { subscribe } as unknown as Observable<ExecutionResult>;
}

/** The variable that the subscription's field takes its `after` from. */
function placeVariable({ selectionSet }: OperationDefinitionNode): string | undefined {
  const field = selectionSet.selections.find(selection => selection.kind === Kind.FIELD);
  const value = field?.arguments?.find(argument => argument.name.value === 'after')?.value;
  return value?.kind === Kind.VARIABLE ? value.name.value : undefined;
}

/** The cursor of an event, if it is selected. */
function cursor(event: unknown): unknown {
  return event && typeof event === 'object' && 'cursor' in event ? event.cursor : undefined;
}

/** A refusal by the server, or the end of the socket, as an error that says something. */
function readable(problem: unknown): unknown {
  if (problem instanceof CloseEvent) {
    return new Error(`The socket was closed: ${problem.code} ${problem.reason}`.trim());
  }
  return Array.isArray(problem) ? new Error(problem.map(({ message }) => message).join('\n')) : problem;
}
