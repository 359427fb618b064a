import { useEffect, useRef, useState } from 'react';
import { type Words, useWords } from '../i18n/language.tsx';
import type { Milestone, ReleaseStore } from './store.ts';

/** A screen reader is told at most so often. */
const BETWEEN_MS = 5_000;

/** Says what matters to those who do not see the grid: a host failed or is unhealthy, a wave is done, the release is paused or over. */
export function Milestones({ store }: { store: ReleaseStore }) {
  const { t } = useWords();
  const [said, setSaid] = useState('');
  const last = useRef(0);
  const text = store.milestone ? told(store.milestone, t) : '';
  useEffect(() => {
    if (!text) {
      return;
    }
    const timer = setTimeout(
      () => {
        last.current = Date.now();
        setSaid(text);
      },
      Math.max(0, last.current + BETWEEN_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p className="hidden" aria-live="polite">
      {said}
    </p>
  );
}

function told(milestone: Milestone, t: Words): string {
  switch (milestone.kind) {
    case 'failed':
      return `${milestone.hostname}: ${t.targetStatus.FAILED}`;
    case 'unhealthy':
      return `${milestone.hostname}: ${t.isUnhealthy}`;
    case 'wave':
      return t.waveOver(milestone.number);
    case 'paused':
      return t.releaseStatus.PAUSED;
    case 'over':
      return t.over(t.releaseStatus[milestone.status]);
  }
}
