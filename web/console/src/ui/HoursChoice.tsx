import { serverNow } from '../api/clock.ts';
import { useWords } from '../i18n/language.tsx';

/** So far from now something can end; 0 says nothing about it. */
const HOURS = [0, 1, 4, 24, 168];
const HOUR_MS = 3_600_000;

/** So many hours from now, in the server's time. */
export const inHours = (hours: number): Date => new Date(serverNow() + hours * HOUR_MS);

/** A choice of some hours, or of none. */
export function HoursChoice({
  hours,
  set,
  none,
  word = written => written,
}: {
  hours: number;
  set: (hours: number) => void;
  none: string;
  /** What the choice of some hours says. */
  word?: (written: string) => string;
}) {
  const { t } = useWords();
  return (
    <select value={hours} onChange={event => set(Number(event.target.value))}>
      {HOURS.map(hours => (
        <option key={hours} value={hours}>
          {hours ? word(t.hours(hours)) : none}
        </option>
      ))}
    </select>
  );
}
