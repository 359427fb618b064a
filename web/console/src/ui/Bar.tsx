import { useWords } from '../i18n/language.tsx';
import { type Shape, Sign } from './status.tsx';

export type Counts = [Shape, number, string][];

/** Counts as a bar, with the same counts as shapes, numbers and words beside it. */
export function Bar({ counts, wide = false }: { counts: Counts; wide?: boolean }) {
  const { f } = useWords();
  const there = counts.filter(([, count]) => count > 0);
  const total = there.reduce((sum, [, count]) => sum + count, 0);
  return (
    <div className={wide ? 'counts wide' : 'counts'}>
      <span className="figures">
        {there.map(([shape, count, word]) => (
          <span key={word} className="figure" title={word}>
            <Sign shape={shape} /> {f.number(count)} <span className={wide ? 'word' : 'hidden'}>{word}</span>
          </span>
        ))}
      </span>
      <span className="bar" aria-hidden="true">
        {there.map(([shape, count, word]) => (
          <span key={word} className={`fill f-${shape}`} style={{ flexGrow: count / (total || 1) }} />
        ))}
      </span>
    </div>
  );
}
