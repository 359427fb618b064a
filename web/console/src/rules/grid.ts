// The grid of a release: which cells are in which row, by group.

export interface Row<T> {
  /** What the group is called; only in the row that begins one. */
  head: string | null;
  /** How many cells the group has. */
  size: number;
  cells: readonly T[];
}

/**
 * Arranges cells in rows of a number of columns. Cells of a group stay together, in the order of the first of each group;
 * a group begins with a row for its name. Without groups there are no such rows.
 */
export function arrange<T>(cells: readonly T[], columns: number, group: ((cell: T) => string) | null): Row<T>[] {
  if (!group) {
    return chunks(cells, columns);
  }
  const groups = new Map<string, T[]>();
  for (const cell of cells) {
    const name = group(cell);
    const members = groups.get(name);
    if (members) {
      members.push(cell);
    } else {
      groups.set(name, [cell]);
    }
  }
  return [...groups].flatMap(([head, members]) => [{ head, size: members.length, cells: [] }, ...chunks(members, columns)]);
}

function chunks<T>(cells: readonly T[], columns: number): Row<T>[] {
  const rows: Row<T>[] = [];
  for (let at = 0; at < cells.length; at += columns) {
    rows.push({ head: null, size: cells.length, cells: cells.slice(at, at + columns) });
  }
  return rows;
}

/** Where a cell is: its row and its column; null if it is not there. */
export function find<T>(rows: readonly Row<T>[], matches: (cell: T) => boolean): { row: number; column: number } | null {
  for (const [row, { cells }] of rows.entries()) {
    const column = cells.findIndex(matches);
    if (column >= 0) {
      return { row, column };
    }
  }
  return null;
}

/** The cell that an arrow key leads to from another; the same one at the edges. */
export function step<T>(rows: readonly Row<T>[], from: { row: number; column: number }, key: string): T | null {
  const here = rows[from.row];
  const cell = here?.cells[from.column] ?? null;
  const sideways = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
  if (sideways) {
    const beside = here?.cells[from.column + sideways];
    return beside ?? vertical(rows, from.row, sideways, sideways > 0 ? 0 : Infinity) ?? cell;
  }
  const down = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  return (down ? vertical(rows, from.row, down, from.column) : null) ?? cell;
}

function vertical<T>(rows: readonly Row<T>[], from: number, by: number, column: number): T | null {
  for (let row = from + by; row >= 0 && row < rows.length; row += by) {
    const cells = rows[row]?.cells ?? [];
    if (cells.length) {
      return cells[Math.min(column, cells.length - 1)] ?? null;
    }
  }
  return null;
}
