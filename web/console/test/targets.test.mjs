import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Targets } = await load('release/targets');
const target = (id, status) => ({ id, status, host: { hostname: `host-${id}` } });
const statuses = targets => targets.all().map(({ id, status }) => `${id} ${status}`);

test('an event wins over a page that is older, and a page that is newer over an event', () => {
  const targets = new Targets();
  targets.event(target('b', 'SUCCEEDED'), 7);
  targets.page([target('a', 'QUEUED'), target('b', 'RUNNING')], 5);
  assert.equal(targets.get('b').status, 'SUCCEEDED');
  targets.page([target('a', 'RUNNING'), target('b', 'FAILED')], 9);
  assert.equal(targets.onHost('host-b').status, 'FAILED');
  targets.event(target('b', 'RUNNING'), 8);
  assert.equal(targets.get('b').status, 'FAILED');
});

test('a target is listed once, in the order of the pages, though an event came first', () => {
  const targets = new Targets();
  targets.event(target('c', 'RUNNING'), 3);
  targets.page([target('a', 'QUEUED'), target('b', 'QUEUED')], 2);
  targets.page([target('c', 'QUEUED'), target('d', 'QUEUED')], 2);
  assert.deepEqual(statuses(targets), ['a QUEUED', 'b QUEUED', 'c RUNNING', 'd QUEUED']);
});
