import { type ReactNode, useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLive } from '../api/hooks.ts';
import { dismissMissed } from '../api/live.ts';
import { signOut, useSession } from '../api/session.ts';
import { type Language, useUtcInAddress, useWords } from '../i18n/language.tsx';
import { Modal } from '../ui/Modal.tsx';
import { Time } from '../ui/parts.tsx';
import { usePageKeys } from './keys.ts';

/** What is around every page: where one can go, who one is, and whether what one sees is live. */
export function Shell({ children }: { children: ReactNode }) {
  const { t, language, speak, utc, setUtc } = useWords();
  useUtcInAddress();
  const { viewer } = useSession();
  const { offlineSince, missed } = useLive();
  const [path] = useLocation();
  const [keys, setKeys] = useState(false);
  usePageKeys(useCallback(() => setKeys(true), []));
  const pages: [string, string, boolean][] = [
    ['/', t.services, path === '/' || path.startsWith('/s/') || path.startsWith('/r/')],
    ['/hosts', t.hosts, path.startsWith('/hosts')],
    ['/holds', t.holds, path === '/holds'],
    ['/system', t.system, path === '/system'],
  ];
  return (
    <div className={offlineSince === null ? 'shell' : 'shell offline'}>
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <header>
        <strong className="brand">lockkeeper</strong>
        <nav aria-label={t.mainPages}>
          {pages.map(([href, name, here]) => (
            <Link key={href} href={href} aria-current={here ? 'page' : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <span className="who">
          <span>
            <bdi>{viewer?.name}</bdi> <span className="faint">{viewer && t.roles[viewer.role]}</span>
          </span>
          <button onClick={() => setKeys(true)} aria-label={t.keys} title={t.keys}>
            ?
          </button>
          <label className="check">
            <input type="checkbox" checked={utc} onChange={event => setUtc(event.target.checked)} />
            UTC
          </label>
          <select aria-label={t.language} value={language} onChange={event => speak(event.target.value as Language)}>
            <option value="en">English</option>
            <option value="zh">中文</option>
          </select>
          <button onClick={signOut}>{t.signOut}</button>
        </span>
      </header>
      {offlineSince !== null && (
        <p className="banner" role="alert">
          {t.offline} <Time at={new Date(offlineSince).toISOString()} />. {t.offlineWhat}
        </p>
      )}
      {missed && (
        <p className="banner" role="status">
          {t.missed} <button onClick={dismissMissed}>{t.close}</button>
        </p>
      )}
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {keys && (
        <Modal title={t.keys} onClose={() => setKeys(false)}>
          <dl className="keys">
            {t.keyList.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <p className="buttons">
            <button onClick={() => setKeys(false)}>{t.close}</button>
          </p>
        </Modal>
      )}
    </div>
  );
}
