// The token is kept for this tab of the browser alone, and never in the address, where it would stay in the history.

const KEY = 'lockkeeper:token';

/** The token of this tab. One that a link brings in its fragment (`#token=…`) replaces it, and leaves the address. */
export function readToken(): string | null {
  const brought = new URLSearchParams(location.hash.slice(1)).get('token');
  if (brought !== null) {
    keepToken(brought);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY);
}

/** Keeps a token for this tab. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** Forgets the token of this tab. */
export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}
