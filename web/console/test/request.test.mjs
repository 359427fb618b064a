import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Keys, REQUEST, complete, inputOf, readable, selectedBy } = await load('rules/request');
const { amount, seconds, writtenTime } = await load('rules/amounts');
const { readState } = await load('rules/url');
const { choices } = await load('rules/versions');
const { wayBack } = await load('rules/preview');
const { backoffMs } = await load('api/backoff');
const request = search => readState(REQUEST, search);

test('an address says which hosts are meant', () => {
  assert.equal(selectedBy(request('')), 'all');
  assert.equal(selectedBy(request('hosts=a,b')), 'hosts');
  assert.equal(selectedBy(request('labels=rack=a')), 'labels');
  assert.equal(selectedBy(request('hosts=a&by=all')), 'all');
  // New instances are put only on hosts that were named.
  assert.equal(selectedBy(request('action=INSTALL')), 'hosts');
  assert.equal(selectedBy(request('action=INSTALL&by=all')), 'hosts');
});

test('an input has what was chosen and nothing else, so that the rest has the defaults of the server', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(inputOf('web', request('to=1.1.0')))), { service: 'web', version: '1.1.0', hosts: { all: true } });
  assert.deepEqual(JSON.parse(JSON.stringify(inputOf('web', request('action=REVERT&to=1&from=2&labels=a=b=c&parallel=25%25&failures=3&reason=x')))), {
    service: 'web',
    version: '1',
    currentVersion: '2',
    hosts: { labels: [{ key: 'a', value: 'b=c' }] },
    rollout: { maxParallel: { percent: 25 }, maxFailures: { count: 3 } },
    reason: 'x',
  });
});

test('nothing is asked before there is a version and a host', () => {
  assert.ok(!complete(request('')));
  assert.ok(complete(request('to=1')));
  assert.ok(!complete(request('to=1&by=hosts')));
  assert.ok(complete(request('action=UNINSTALL')));
  assert.ok(!complete(request('action=INSTALL&to=1')));
});

test('amounts are numbers or shares', () => {
  assert.deepEqual(amount(' 10 '), { count: 10 });
  assert.deepEqual(amount('25 %'), { percent: 25 });
  for (const wrong of ['', 'ten', '-1', '1.5', '1e3', '%']) {
    assert.equal(amount(wrong), undefined);
  }
});

test('times are numbers with a unit', () => {
  assert.deepEqual(['90s', ' 10 m ', '2h', '1d'].map(seconds), [90, 600, 7_200, 86_400]);
  for (const wrong of ['', '10', 'm', '1.5h', '10 minutes', '-1s']) {
    assert.equal(seconds(wrong), undefined);
  }
  for (const written of ['0s', '90s', '10m', '2h', '1d']) {
    assert.equal(writtenTime(seconds(written)), written);
  }
});

test('a rollout is asked for as it was written, and not at all where it cannot be read', () => {
  const rollout = search => JSON.parse(JSON.stringify(inputOf('web', request(`to=1&${search}`)))).rollout;
  assert.deepEqual(rollout('waves=2:0!,25%25:10%25~10m,25%25~10m,100%25&unreachable=3&perLabel=rack:2&deadline=2h&onFailure=UNDO&withdraw=yes'), {
    maxUnreachable: { count: 3 },
    maxPerLabel: { key: 'rack', count: 2 },
    deadlineSeconds: 7_200,
    waves: [
      { upTo: { count: 2 }, maxFailures: { count: 0 }, pauseAfter: true },
      { upTo: { percent: 25 }, maxFailures: { percent: 10 }, soakSeconds: 600 },
      { upTo: { percent: 25 }, soakSeconds: 600 },
      { upTo: { percent: 100 } },
    ],
    onFailure: 'UNDO',
    withdrawOnUndo: true,
  });
  // A revert has no version to withdraw.
  assert.equal(rollout('action=REVERT&withdraw=yes'), undefined);
  // No waves is something else than those of the service.
  assert.deepEqual(rollout('waves=none'), { waves: [] });
  assert.equal(rollout(''), undefined);
  for (const wrong of ['waves=many', 'waves=2~soon', 'waves=2:few', 'waves=_', 'parallel=ten', 'failures=%25', 'unreachable=-1', 'deadline=10', 'perLabel=rack', 'perLabel=:2']) {
    assert.ok(!readable(request(`to=1&${wrong}`)), wrong);
  }
  assert.ok(readable(request('to=1&waves=2~10m!,100%25&deadline=1d')));
});

test('the same input has the same key, and another has another', () => {
  let made = 0;
  const keys = new Keys(() => `key-${++made}`);
  assert.equal(keys.for({ a: 1 }), keys.for({ a: 1 }));
  assert.notEqual(keys.for({ a: 1 }), keys.for({ a: 2 }));
});

test('versions that cannot be released say why', () => {
  const version = (id, more = {}) => ({ id, name: id, buildStatus: 'SUCCEEDED', withdrawal: null, ...more });
  const versions = [version('4', { buildStatus: 'BUILDING' }), version('3'), version('2', { withdrawal: { reason: 'leak', by: 'bo' } }), version('1')];
  const inUse = [{ id: '3', count: 2 }, { id: '1', count: 5 }, { id: 'older than all', count: 1 }];
  const said = action => choices(versions, inUse, action).map(({ version, count, why }) => [version.id, count, why]);
  assert.deepEqual(said('UPGRADE'), [['4', 0, 'NOT_BUILT'], ['3', 6, null], ['2', 0, 'WITHDRAWN'], ['1', 1, null]]);
  assert.deepEqual(said('REVERT'), [['4', 0, 'NOT_BUILT'], ['3', 0, 'NOT_OLDER'], ['2', 0, 'WITHDRAWN'], ['1', 2, null]]);
});

test('the way back is where most came from, first', () => {
  const from = name => ({ version: name && { id: name, name } });
  assert.deepEqual(wayBack([from('1'), from('2'), from('2'), from(null)]), [
    { id: '2', name: '2', count: 2 },
    { id: '1', name: '1', count: 1 },
  ]);
});

test('waiting doubles, is spread, and has a limit', () => {
  assert.deepEqual([0, 1, 2].map(attempt => backoffMs(attempt, 1)), [500, 1000, 2000]);
  assert.equal(backoffMs(0, 0), 250);
  assert.equal(backoffMs(50, 1), 8_000);
});
