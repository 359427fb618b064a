import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { TargetFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { type Row, arrange, find, step } from '../rules/grid.ts';
import { shapeOf } from '../ui/status.tsx';

/** Up to so many hosts have their names in the grid. */
const NAMED = 60;
const NAMED_WIDTH = 150;
const CELL_WIDTH = 24;
const CELL_HEIGHT = 24;
const NAMED_HEIGHT = 32;
const HEAD_HEIGHT = 28;
/** Wider than this, a row would have more cells than a page should have nodes. */
const MOST_COLUMNS = 56;
const BEYOND = 2;

/** One cell for each host. Only the rows that can be seen are in the page; arrows walk, Enter chooses. */
export function Grid({
  targets,
  group,
  chosen,
  choose,
}: {
  targets: readonly TargetFragment[];
  group: ((target: TargetFragment) => string) | null;
  chosen: string;
  choose: (target: TargetFragment) => void;
}) {
  const { t, f } = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const [at, setAt] = useState('');
  const named = targets.length <= NAMED;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) {
      return;
    }
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(width / (named ? NAMED_WIDTH : CELL_WIDTH))));
  const rows = useMemo(() => arrange(targets, columns, group), [targets, columns, group]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: index => (rows[index]?.head !== null ? HEAD_HEIGHT : named ? NAMED_HEIGHT : CELL_HEIGHT),
    overscan: BEYOND,
  });
  useEffect(() => virtual.measure(), [virtual, rows.length, columns, named, group]);
  const place = useMemo(() => find(rows, ({ host }) => host.hostname === chosen), [rows, chosen]);
  useEffect(() => {
    if (place) {
      virtual.scrollToIndex(place.row, { align: 'auto' });
    }
    // Only when another cell is chosen, not when the cells around it change.
  }, [chosen]);
  const walk = (event: React.KeyboardEvent) => {
    const here = find(rows, ({ id }) => id === at);
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      const next = here ? step(rows, here, event.key) : (targets[0] ?? null);
      const to = next && find(rows, ({ id }) => id === next.id);
      if (next && to) {
        setAt(next.id);
        virtual.scrollToIndex(to.row, { align: 'auto' });
      }
    } else if ((event.key === 'Enter' || event.key === ' ') && here) {
      event.preventDefault();
      const target = rows[here.row]?.cells[here.column];
      if (target) {
        choose(target);
      }
    }
  };
  return (
    <div
      ref={scroller}
      className={named ? 'grid named' : 'grid'}
      role="grid"
      aria-label={t.gridLabel(f.number(targets.length))}
      aria-rowcount={rows.length}
      aria-activedescendant={at ? `cell-${at}` : undefined}
      tabIndex={0}
      onKeyDown={walk}
    >
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const row = rows[index];
          return row ? (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 1}
              className="gridrow"
              style={{ transform: `translateY(${start}px)`, height: size }}
            >
              <Cells row={row} named={named} at={at} chosen={chosen} choose={choose} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

interface CellsProps {
  row: Row<TargetFragment>;
  named: boolean;
  at: string;
  chosen: string;
  choose: (target: TargetFragment) => void;
}

function Cells({ row, named, at, chosen, choose }: CellsProps) {
  const { f } = useWords();
  return row.head !== null ? (
    <span role="rowheader" className="group">
      <bdi>{row.head}</bdi> <span className="faint">{f.number(row.size)}</span>
    </span>
  ) : (
    row.cells.map(target => (
      <Cell
        key={target.id}
        target={target}
        named={named}
        at={target.id === at}
        chosen={target.host.hostname === chosen}
        choose={choose}
      />
    ))
  );
}

const Cell = memo(function Cell({
  target,
  named,
  at,
  chosen,
  choose,
}: {
  target: TargetFragment;
  named: boolean;
  at: boolean;
  chosen: boolean;
  choose: (target: TargetFragment) => void;
}) {
  const { t } = useWords();
  const { host, status, exitStatus } = target;
  const exit = exitStatus ? `, ${t.exit(exitStatus)}` : '';
  const label = `${host.hostname}, ${t.targetStatus[status]}${exit}`;
  return (
    <span
      role="gridcell"
      id={`cell-${target.id}`}
      className={`cell c-${shapeOf(status)}${at ? ' at' : ''}${chosen ? ' chosen' : ''}`}
      aria-label={label}
      aria-selected={chosen}
      title={label}
      onClick={() => choose(target)}
    >
      {named && <bdi className="name">{host.hostname}</bdi>}
    </span>
  );
});
