// Amounts and times as people write them, and as the API has them.

/** A number of targets, or a share of them as `25%`; undefined if it is neither. */
export function amount(written: string): { count: number } | { percent: number } | undefined {
  const [, digits, percent] = /^\s*(\d{1,6})\s*(%?)\s*$/.exec(written) ?? [];
  if (digits === undefined) {
    return undefined;
  }
  return percent ? { percent: Number(digits) } : { count: Number(digits) };
}

/** An amount as people write it. */
export function writtenAmount({ count, percent }: { count: number | null; percent: number | null }): string {
  return percent === null ? String(count ?? '') : `${percent}%`;
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };
type Unit = keyof typeof SECONDS;

/** A time as people write it, `90s`, `10m`, `2h`, `1d`, in seconds; undefined if it is none. */
export function seconds(written: string): number | undefined {
  const [, digits, unit] = /^\s*(\d{1,7})\s*([smhd])\s*$/.exec(written) ?? [];
  return digits === undefined ? undefined : Number(digits) * SECONDS[unit as Unit];
}

/** The shortest way to write a time. */
export function writtenTime(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find(unit => seconds > 0 && seconds % SECONDS[unit] === 0) ?? 's';
  return `${seconds / SECONDS[unit]}${unit}`;
}

/** A limit for each value of a label as people write it, `rack:2`; undefined if it is none. */
export function perLabel(written: string): { key: string; count: number } | undefined {
  const [, key, count] = /^\s*(\S+?)\s*:\s*(\d{1,6})\s*$/.exec(written) ?? [];
  return key === undefined ? undefined : { key, count: Number(count) };
}

/** Such a limit as people write it. */
export const writtenPerLabel = ({ key, count }: { key: string; count: number }): string => `${key}:${count}`;
