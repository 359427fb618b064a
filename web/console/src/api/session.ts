// Who works on this tab: the token, and what its owner may do. The page stays as it is when the token ends, and goes on
// with the next one.

import { useSyncExternalStore } from 'react';
import { forgetToken, keepToken, readTokens } from '../../../common/token.ts';
import type { SessionQuery } from '../gql/graphql.ts';

export type Viewer = SessionQuery['viewer'];

export interface Session {
  token: string | null;
  /** A token that a link brings to a tab that has another one. */
  brought: string | null;
  /** Null until the server has said who the token belongs to. */
  viewer: Viewer | null;
  /** Whether the token that the tab had is no longer valid. */
  ended: boolean;
  /** Which token of the tab this is; the same one may be given twice. */
  number: number;
}

let session: Session = { ...readTokens(), viewer: null, ended: false, number: 0 };
const listeners = new Set<() => void>();

function change(next: Partial<Session>): void {
  session = { ...session, ...next };
  listeners.forEach(listener => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The session now. */
export const currentSession = (): Session => session;

/** The session, for components. */
export const useSession = (): Session => useSyncExternalStore(subscribe, currentSession);

/** Goes on with this token. */
export function signIn(token: string): void {
  keepToken(token);
  change({ token, brought: null, ended: false, viewer: null, number: session.number + 1 });
}

/** Forgets the token, and everything that was read with it. */
export function signOut(): void {
  forgetToken();
  location.assign('/');
}

/** The server no longer accepts the token. */
export function tokenEnded(): void {
  forgetToken();
  change({ ended: true });
}

/** The server said whose token it is. */
export function identified(viewer: Viewer): void {
  change({ viewer });
}

// A link that is opened in a tab that has the page already.
addEventListener('hashchange', () => {
  if (location.hash.includes('token=')) {
    change(readTokens());
  }
});
