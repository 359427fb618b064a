// Everything that happens, by one set of subscriptions on one socket, from one cursor. After a break it resumes behind the
// last event that it saw; if that is no longer possible, everything is read anew.

import { type Client, createClient } from 'graphql-ws';
import {
  FleetChangedDocument,
  type FleetChangedSubscription,
  InstancesChangedDocument,
  type InstancesChangedSubscription,
  ReleasesChangedDocument,
  type ReleasesChangedSubscription,
  ServicesChangedDocument,
  type ServicesChangedSubscription,
  SessionDocument,
  type TypedDocumentString,
} from '../gql/graphql.ts';
import { backoffMs } from './backoff.ts';
import { read } from './client.ts';
import { serverNow } from './clock.ts';
import { currentSession, identified, tokenEnded } from './session.ts';

export type LiveEvent =
  | { on: 'instance'; event: InstancesChangedSubscription['instanceStatusChanged'] }
  | { on: 'release'; event: ReleasesChangedSubscription['releaseStatusChanged'] }
  | { on: 'service'; event: ServicesChangedSubscription['serviceChanged'] }
  | { on: 'fleet'; event: FleetChangedSubscription['fleetChanged'] }
  /** What was read is out of date in ways that no event tells. */
  | { on: 'all' };

export interface LiveState {
  /** When the connection broke, in the server's time; null while it is there. */
  offlineSince: number | null;
  /** Whether events were lost, and everything was read anew. */
  missed: boolean;
}

interface Followed {
  operationName: string;
  query: string;
  variables: Record<string, unknown>;
}

const FORBIDDEN = 4403;
/** A socket on which nothing comes for so long after a ping is given up. */
const PONG_MS = 8_000;
const PING_MS = 10_000;
const EXPIRED = ['CURSOR_EXPIRED', 'CURSOR_INVALID'];
/** Errors that another attempt does not mend. */
const LASTING = [...EXPIRED, 'UNAUTHENTICATED', 'FORBIDDEN', 'BAD_REQUEST', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED'];

let state: LiveState = { offlineSince: null, missed: false };
let socket: Client | null = null;
let stop: (() => void)[] = [];
const followed = new Map<string, Followed>();
const stateListeners = new Set<() => void>();
const eventListeners = new Set<(event: LiveEvent) => void>();

function setState(next: Partial<LiveState>): void {
  state = { ...state, ...next };
  stateListeners.forEach(listener => listener());
}

/** Calls the listener whenever the state changes; returns what ends that. */
export function watchState(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

/** Whether an event is about a service, one that may be known by its id. Those of the fleet are about all. */
export function isAbout(event: LiveEvent, serviceId: string | undefined): boolean {
  return event.on === 'fleet' || (event.on !== 'all' && event.event.serviceId === serviceId);
}

/** Whether the connection is there. */
export const liveState = (): LiveState => state;

/** Calls the listener for every event; returns what ends that. */
export function listen(listener: (event: LiveEvent) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

const emit = (event: LiveEvent): void => eventListeners.forEach(listener => listener(event));

/** The sentence about lost events was read. */
export const dismissMissed = (): void => setState({ missed: false });

function open(): Client {
  let overdue: ReturnType<typeof setTimeout> | undefined;
  const made = createClient({
    url: new URL('/graphql/ws', location.href.replace(/^http/, 'ws')).href,
    connectionParams: () => ({ authorization: `Bearer ${currentSession().token}` }),
    retryAttempts: Infinity,
    shouldRetry: event => !(event instanceof CloseEvent && event.code === FORBIDDEN),
    retryWait: async attempt => {
      await new Promise(resolve => setTimeout(resolve, backoffMs(attempt, Math.random())));
    },
    keepAlive: PING_MS,
    // A name that the server's pings come back with.
    generateID: payload => {
      const id = `${payload.operationName}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
      followed.set(id, payload as Followed);
      return id;
    },
    on: {
      connected: () => setState({ offlineSince: null }),
      closed: event => {
        clearTimeout(overdue);
        if (event instanceof CloseEvent && event.code === FORBIDDEN) {
          tokenEnded();
        } else if (socket === made && state.offlineSince === null) {
          setState({ offlineSince: serverNow() });
        }
      },
      ping: (received, payload) => {
        if (!received) {
          overdue = setTimeout(() => made.terminate(), PONG_MS);
        } else if (payload) {
          const place = followed.get(String(payload.id));
          if (place) {
            place.variables.after = payload.cursor;
          }
        }
      },
      pong: received => received && clearTimeout(overdue),
    },
  });
  return made;
}

/**
 * Follows a subscription from a cursor through every break. A stream that a server ends because it stops, or for a moment cannot
 * serve, is begun again behind its last event, for as long as `goesOn`; `failed` gets the code of an error that another attempt
 * does not mend.
 */
export function follow<R, V extends { after?: string | null }>(
  document: TypedDocumentString<R, V>,
  variables: V,
  next: (data: R) => void,
  failed: (code: string) => void,
  goesOn: () => boolean = () => true,
): () => void {
  const text = document.toString();
  const payload: Followed = {
    operationName: /subscription (\w+)/.exec(text)?.[1] ?? '',
    query: text,
    variables: { ...variables },
  };
  let end: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  const again = (): void => {
    if (goesOn()) {
      timer = setTimeout(begin, backoffMs(attempt++, Math.random()));
    }
  };
  const stopped = (code: string): void => (LASTING.includes(code) ? failed(code) : again());
  const begin = (): void => {
    end = socket?.subscribe<R>(payload as never, {
      next({ data, errors }) {
        if (errors?.length || !data) {
          stopped(String(errors?.[0]?.extensions?.code));
          return;
        }
        attempt = 0;
        const [event] = Object.values(data as Record<string, { cursor?: string }>);
        payload.variables.after = event?.cursor ?? payload.variables.after;
        next(data);
      },
      // Errors of the socket itself are its own to mend.
      error: problem => Array.isArray(problem) && stopped(String(problem[0]?.extensions?.code)),
      complete: again,
    });
  };
  begin();
  return () => {
    goesOn = () => false;
    clearTimeout(timer);
    end?.();
    for (const [id, other] of followed) {
      if (other === payload) {
        followed.delete(id);
      }
    }
  };
}

/** Asks who we are and where the log stands, and follows everything from there. */
export async function start(): Promise<void> {
  end();
  const { token } = currentSession();
  const { eventCursor, viewer } = await read(SessionDocument, {});
  if (token !== currentSession().token) {
    return;
  }
  socket = open();
  identified(viewer);
  followAll(eventCursor);
}

function followAll(after: string): void {
  const failed = (code: string): void => {
    if (EXPIRED.includes(code)) {
      void readAnew();
    } else if (code === 'UNAUTHENTICATED') {
      tokenEnded();
    }
  };
  stop.forEach(end => end());
  stop = [
    follow(InstancesChangedDocument, { after }, data => emit({ on: 'instance', event: data.instanceStatusChanged }), failed),
    follow(ReleasesChangedDocument, { after }, data => emit({ on: 'release', event: data.releaseStatusChanged }), failed),
    follow(FleetChangedDocument, { after }, data => emit({ on: 'fleet', event: data.fleetChanged }), failed),
    follow(ServicesChangedDocument, { after }, data => emit({ on: 'service', event: data.serviceChanged }), failed),
  ];
}

let reading = false;

/** Events are gone: begins at the end of the log, and has everything read again. */
async function readAnew(): Promise<void> {
  if (reading) {
    return;
  }
  reading = true;
  try {
    const { eventCursor } = await read(SessionDocument, {});
    followAll(eventCursor);
    setState({ missed: true });
    emit({ on: 'all' });
  } finally {
    reading = false;
  }
}

/** Goes on with another token: what the page shows is read with it. */
export async function restart(): Promise<void> {
  await start();
  emit({ on: 'all' });
}

/** Ends all subscriptions. */
export function end(): void {
  stop.forEach(end => end());
  stop = [];
  const before = socket;
  socket = null;
  void before?.dispose();
}
