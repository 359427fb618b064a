import { type ReactNode, createContext, useContext, useEffect, useMemo, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { en } from './en.ts';
import { type Formats, formats } from './formats.ts';

export type Language = 'en' | 'zh';
export type Words = typeof en;

interface Spoken {
  language: Language;
  t: Words;
  f: Formats;
  speak: (language: Language) => void;
  /** Whether times are in UTC, and not in the zone of this machine. */
  utc: boolean;
  setUtc: (utc: boolean) => void;
}

const KEY = 'lockkeeper:language';
const UTC_KEY = 'lockkeeper:utc';
/** The parameter of every address that says so, for those to whom it is sent. */
const UTC_PARAMETER = 'utc';
const Context = createContext<Spoken | null>(null);

function preferred(): Language {
  const kept = localStorage.getItem(KEY);
  return kept === 'en' || kept === 'zh' ? kept : navigator.language.startsWith('zh') ? 'zh' : 'en';
}

function startsInUtc(): boolean {
  return new URLSearchParams(location.search).has(UTC_PARAMETER) || localStorage.getItem(UTC_KEY) === 'yes';
}

/** Keeps in the address whether times are in UTC, on whatever page. */
export function useUtcInAddress(): void {
  const { utc } = useWords();
  const [path, navigate] = useLocation();
  const search = useSearch();
  useEffect(() => {
    const parameters = new URLSearchParams(search);
    if (parameters.has(UTC_PARAMETER) !== utc) {
      // As text, so that the rest stays as it was written.
      const others = search.split('&').filter(each => each && !/^utc(=|$)/.test(each));
      const next = [...others, ...(utc ? [UTC_PARAMETER] : [])].join('&');
      navigate(`${path}${next && `?${next}`}${location.hash}`, { replace: true });
    }
  }, [utc, path, search, navigate]);
}

/** The language of the page: the one chosen before, or else the browser's. Only English is in the first load. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [wanted, setWanted] = useState<Language>(preferred);
  const [utc, setUtc] = useState(startsInUtc);
  const [spoken, setSpoken] = useState<{ language: Language; t: Words }>({ language: 'en', t: en });
  useEffect(() => {
    let current = true;
    const words = wanted === 'zh' ? import('./zh.ts').then(({ zh }) => zh) : Promise.resolve(en);
    void words.then(t => {
      if (current) {
        setSpoken({ language: wanted, t });
        document.documentElement.lang = wanted === 'zh' ? 'zh-Hans' : 'en';
      }
    });
    return () => {
      current = false;
    };
  }, [wanted]);
  const value = useMemo(
    () => ({
      ...spoken,
      f: formats(spoken.language, utc),
      speak: (language: Language) => {
        localStorage.setItem(KEY, language);
        setWanted(language);
      },
      utc,
      setUtc: (utc: boolean) => {
        localStorage.setItem(UTC_KEY, utc ? 'yes' : 'no');
        setUtc(utc);
      },
    }),
    [spoken, utc],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** The words of the page, and how it writes numbers and times. */
export function useWords(): Spoken {
  const spoken = useContext(Context);
  if (!spoken) {
    throw new Error('useWords outside of LanguageProvider');
  }
  return spoken;
}
