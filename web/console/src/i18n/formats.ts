// Numbers and times as a language writes them.

export interface Formats {
  number: (value: number) => string;
  /** An instant, with the offset of the zone. */
  instant: (at: string) => string;
  /** The time of day with milliseconds, for lines of output. */
  clock: (at: string) => string;
  /** How long ago something was, or how far ahead it is. */
  ago: (at: string, nowMs: number) => string;
  /** How long something took. */
  duration: (ms: number) => string;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** How a language writes them; times in the zone of the machine, or in UTC. */
export function formats(language: string, utc: boolean): Formats {
  const timeZone = utc ? 'UTC' : undefined;
  const number = new Intl.NumberFormat(language);
  const instant = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'shortOffset',
    timeZone,
  });
  const clock = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    timeZone,
  });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  return {
    number: value => number.format(value),
    instant: at => instant.format(new Date(at)),
    clock: at => clock.format(new Date(at)),
    ago: (at, nowMs) => {
      const difference = Date.parse(at) - nowMs;
      const [unit, ms] = UNITS.find(([, ms]) => Math.abs(difference) >= ms) ?? ['second', 1_000];
      return relative.format(Math.trunc(difference / ms), unit);
    },
    duration,
  };
}

/** Minutes and seconds, with hours where there are any: `0:41`, `1:02:03`; tenths of a second below ten seconds. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms / 1_000);
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
