// The server's time: how long ago something was must not depend on a clock of this machine that is wrong.

let offsetMs = 0;

/** Notes the server's time from the header `Date` of an answer. It has whole seconds; small differences are left alone. */
export function noteServerTime(header: string | null): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  const difference = server - Date.now();
  if (Number.isFinite(difference)) {
    offsetMs = Math.abs(difference) < 2_000 ? 0 : difference;
  }
}

/** The time now as the server has it, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
