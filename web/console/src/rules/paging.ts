// Pages of a list in the address: `after` and `before` are cursors.

import { text } from './url.ts';

export const PAGE = 50;

export interface Place {
  after: string;
  before: string;
}

/** The fields of the address. */
export const place = { after: text(), before: text() };

/** The first page. */
export const FIRST: Place = { after: '', before: '' };

/** The arguments of a list for a place. */
export function pageArguments({ after, before }: Place, size = PAGE) {
  return before ? { last: size, before } : { first: size, after: after || undefined };
}
