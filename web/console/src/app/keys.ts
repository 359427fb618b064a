import { useEffect } from 'react';
import { useLocation } from 'wouter';

/** The key of an event that is meant for the page: not typed into a field, not for the browser, not in a dialog. */
export function pressed(event: KeyboardEvent): string | null {
  const target = event.target as HTMLElement | null;
  const typing = target?.closest?.('input:not([type=checkbox]):not([type=radio]), select, textarea, dialog') ?? null;
  return typing || event.ctrlKey || event.metaKey || event.altKey ? null : event.key;
}

/** Second keys after g, and where they lead. */
const PLACES: Record<string, string> = { s: '/', r: '/#releases', h: '/hosts' };
const SECOND_KEY_MS = 1_500;

/** Keys of all pages: / searches, g and another key goes somewhere, ? shows the keys. */
export function usePageKeys(showKeys: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let g = -SECOND_KEY_MS;
    const listen = (event: KeyboardEvent) => {
      const key = pressed(event);
      const place = key && event.timeStamp - g < SECOND_KEY_MS ? PLACES[key] : undefined;
      g = -SECOND_KEY_MS;
      if (place) {
        navigate(place);
        if (place.includes('#')) {
          requestAnimationFrame(() => document.getElementById(place.split('#')[1] ?? '')?.scrollIntoView());
        }
      } else if (key === 'g') {
        g = event.timeStamp;
      } else if (key === '/') {
        event.preventDefault();
        document.querySelector<HTMLElement>('[data-search]')?.focus();
      } else if (key === '?') {
        showKeys();
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [navigate, showKeys]);
}

/** Calls `act` when a key of this page is pressed. */
export function useKey(key: string, act: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (pressed(event) === key) {
        act();
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [key, act]);
}
