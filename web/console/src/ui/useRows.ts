import { useEffect, useState } from 'react';
import { pressed } from '../app/keys.ts';

/** A list whose rows are walked through with j and k; Enter opens a row's first link, and x ticks its box. */
export function useRows(count: number): number {
  const [at, setAt] = useState(-1);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const key = pressed(event);
      const step = key === 'j' ? 1 : key === 'k' ? -1 : 0;
      if (step && count) {
        setAt(at => Math.min(Math.max(at + step, 0), count - 1));
      } else if (key === 'x') {
        document.querySelector<HTMLInputElement>('tr.at input[type=checkbox]')?.click();
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [count]);
  useEffect(() => {
    const row = document.querySelector<HTMLElement>('tr.at');
    row?.scrollIntoView({ block: 'nearest' });
    row?.querySelector<HTMLElement>('a, input, button')?.focus({ preventScroll: true });
  }, [at]);
  return at;
}
