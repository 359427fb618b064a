import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { arrange, find, step } = await load('rules/grid');
const cells = Array.from({ length: 10 }, (_, index) => ({ id: index, odd: index % 2 ? 'odd' : 'even' }));
const ids = rows => rows.map(({ head, cells }) => head ?? cells.map(({ id }) => id));

test('without groups, cells fill rows in their order', () => {
  assert.deepEqual(ids(arrange(cells, 4, null)), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.deepEqual(arrange([], 4, null), []);
});

test('groups stay together, each behind its name, in the order of their first cells', () => {
  const rows = arrange(cells, 3, ({ odd }) => odd);
  assert.deepEqual(ids(rows), ['even', [0, 2, 4], [6, 8], 'odd', [1, 3, 5], [7, 9]]);
  assert.equal(rows[0].size, 5);
});

test('arrows walk from cell to cell, over names and row ends, and stop at the edges', () => {
  const rows = arrange(cells, 3, ({ odd }) => odd);
  const walk = (from, ...keys) => {
    let id = from;
    for (const key of keys) {
      id = step(rows, find(rows, cell => cell.id === id), `Arrow${key}`).id;
    }
    return id;
  };
  assert.equal(walk(0, 'Right', 'Right', 'Right'), 6);
  assert.equal(walk(4, 'Down'), 8);
  assert.equal(walk(8, 'Down'), 3);
  assert.equal(walk(1, 'Left'), 8);
  assert.equal(walk(1, 'Up', 'Up', 'Up', 'Up'), 0);
  assert.equal(walk(9, 'Down', 'Right'), 9);
});

test('a cell that is not there is not found', () => {
  assert.equal(find(arrange(cells, 3, null), ({ id }) => id === 99), null);
});

test('10,000 cells are arranged in a few milliseconds', () => {
  const many = Array.from({ length: 10_000 }, (_, id) => ({ id, odd: String(id % 40) }));
  const best = Math.min(
    ...Array.from({ length: 20 }, () => {
      const began = performance.now();
      arrange(many, 50, ({ odd }) => odd);
      return performance.now() - began;
    }),
  );
  assert.ok(best < 20, `${best} ms`);
});
