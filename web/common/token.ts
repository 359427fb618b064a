// The token is kept for this tab of the browser alone, and never in the address, where it would stay in the history.

const KEY = 'lockkeeper:token';

/** What is known when the page opens, or when its fragment changes. */
export interface Tokens {
  /** The token that this tab works with. */
  token: string | null;
  /** Another one, which a link brought: a stranger's link must not make a person work under the stranger's token. */
  brought: string | null;
}

/**
 * The token of this tab. One that a link brings in its fragment (`#token=…`) leaves the address at once; it is kept if
 * the tab has none yet, and otherwise only after the person has chosen it.
 */
export function readTokens(): Tokens {
  const brought = new URLSearchParams(location.hash.slice(1)).get('token');
  if (brought !== null) {
    history.replaceState(null, '', location.pathname + location.search);
  }
  const token = sessionStorage.getItem(KEY);
  if (token !== null && brought !== null && brought !== token) {
    return { token, brought };
  }
  if (brought !== null) {
    keepToken(brought);
  }
  return { token: token ?? brought, brought: null };
}

/** Keeps a token for this tab. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** Forgets the token of this tab. */
export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** The beginning of a token, as `lockkeeper token list` shows it. */
export function hint(token: string): string {
  return `${token.slice(0, 7)}…`;
}
