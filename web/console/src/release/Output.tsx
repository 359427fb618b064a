import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useWords } from '../i18n/language.tsx';
import { beginning, matching, visible } from '../rules/output.ts';
import { part } from '../rules/url.ts';
import { Empty, Failure } from '../ui/parts.tsx';
import { useOutput } from './useOutput.ts';

const LINE_HEIGHT = 20;
const BEYOND = 5;
const MOST_HEIGHT = 420;
/** So near to an edge, in pixels, one is at it. */
const EDGE = 30;

type Stream = '' | 'STDOUT' | 'STDERR' | 'SYSTEM';
interface State {
  host: string;
  stream: Stream;
  output: '' | 'host';
  line: string;
  find: string;
}

/** What the commands say: one stream of all hosts, or of one. It follows the end until one scrolls up. */
export function Output({
  release,
  target,
  waiting,
  open,
  state,
  set,
}: {
  release: string;
  target: string | undefined;
  waiting: boolean;
  open: boolean;
  state: State;
  set: (change: Partial<State>, typed?: boolean) => void;
}) {
  const { t, f } = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(state.line === '');
  const { window, version, error, loading, older, again } = useOutput(release, target, state.line, waiting, open);
  const lines = useMemo(() => matching(window.lines, state), [window, version, state.stream, state.find]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: BEYOND,
  });
  const height = lines.length * LINE_HEIGHT;
  const lastTop = useRef(0);
  useLayoutEffect(() => {
    if (follows && scroller.current) {
      scroller.current.scrollTop = height;
    }
  }, [follows, height]);
  useEffect(() => {
    const at = lines.findIndex(({ cursor }) => cursor === state.line);
    if (at >= 0) {
      virtual.scrollToIndex(at, { align: 'center' });
    }
    // When the line was read, and not when more lines come.
  }, [loading, state.line]);
  const reading = useRef(false);
  const scrolled = async () => {
    const element = scroller.current;
    if (!element) {
      return;
    }
    const up = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (height - element.scrollTop - element.clientHeight < EDGE) {
      setFollows(true);
    } else if (up) {
      setFollows(false);
    }
    if (up && element.scrollTop < EDGE && window.before && !reading.current) {
      reading.current = true;
      const added = await older().catch(() => 0);
      // What one looks at stays where it is.
      requestAnimationFrame(() => {
        element.scrollTop += added * LINE_HEIGHT;
        reading.current = false;
      });
    }
  };
  const chosen = lines.find(({ cursor }) => cursor === state.line);
  return (
    <section aria-labelledby="output">
      <div className="head">
        <h2 id="output">{t.output}</h2>
        <span className="filters">
          <select
            aria-label={t.outputOf}
            value={state.output}
            onChange={event => set({ output: event.target.value as State['output'], line: '' })}
          >
            <option value="">{t.outputAll}</option>
            {state.host && <option value="host">{state.host}</option>}
          </select>
          <select aria-label={t.stream} value={state.stream} onChange={event => set({ stream: event.target.value as Stream })}>
            <option value="">{t.allStreams}</option>
            <option value="STDOUT">{t.streams.STDOUT}</option>
            <option value="STDERR">{t.streams.STDERR}</option>
            <option value="SYSTEM">{t.streams.SYSTEM}</option>
          </select>
          <input
            data-search
            type="search"
            aria-label={t.findInOutput}
            placeholder={t.findInOutput}
            value={state.find}
            onChange={event => set({ find: event.target.value }, true)}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={follows}
              onChange={event => {
                setFollows(event.target.checked);
                if (event.target.checked && state.line) {
                  set({ line: '' });
                }
              }}
            />
            {t.follow}
          </label>
          <span className="faint">{t.lines(f.number(lines.length))}</span>
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {lines.length === 0 && !loading && <Empty>{state.find || state.stream ? t.nothingFound : open ? t.noOutputYet : t.noOutput}</Empty>}
      {state.find && window.before && (
        <p>
          <button onClick={() => void older()}>{t.findEarlier(f.number(window.lines.length))}</button>
        </p>
      )}
      <div
        ref={scroller}
        className={lines.length ? 'output' : 'output none'}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-labelledby="output"
        style={{ height: Math.min(MOST_HEIGHT, height + LINE_HEIGHT) }}
        onScroll={() => void scrolled()}
      >
        <div style={{ height, position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            return line ? (
              <div
                key={line.cursor}
                className={`line l-${line.stream}${line.cursor === state.line ? ' chosen' : ''}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                <a
                  href={`?line=${part(line.cursor)}`}
                  aria-label={`${t.linkToLine} ${f.clock(line.at)}`}
                  onClick={event => {
                    event.preventDefault();
                    setFollows(false);
                    set({ line: line.cursor });
                  }}
                >
                  {f.clock(line.at)}
                </a>
                <span className="from" title={line.hostname}>
                  {line.hostname}
                </span>
                <span className="mark">{t.streamMarks[line.stream]}</span>
                <span className="said" dir="ltr">
                  {beginning(line.text)}
                </span>
              </div>
            ) : null;
          })}
        </div>
      </div>
      {chosen && (
        <pre className="lastlines whole" dir="ltr">
          {visible(chosen.text)}
        </pre>
      )}
    </section>
  );
}
