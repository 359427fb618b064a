// How long to wait before the next attempt to connect.

const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/** Doubles with each attempt, and is spread by half, so that the pages of a whole office do not come back at once.
 * `random` is from 0 to 1. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS);
  return full * (0.5 + random / 2);
}
