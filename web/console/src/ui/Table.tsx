import type { ReactNode } from 'react';

/** A table with these headings, which scrolls by itself where it is wider than the page. */
export function Table({ head, children }: { head: readonly string[]; children: ReactNode }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            {head.map(each => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
