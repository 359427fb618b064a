import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { around, readWave, writeWave, writtenWaves } = await load('rules/waves');

test('waves are shown around the one that is carried out, never more than fit', () => {
  const waves = (done, all) => Array.from({ length: all }, (_, at) => ({ number: at + 1, status: at < done ? 'DONE' : 'WAITING' }));
  const shown = (done, all) => {
    const { before, waves: some, after } = around(waves(done, all));
    assert.equal(before + some.length + after, all);
    return [before, some.length, after];
  };
  assert.deepEqual(shown(0, 3), [0, 3, 0]);
  assert.deepEqual(shown(0, 100), [0, 8, 92]);
  assert.deepEqual(shown(50, 100), [48, 8, 44]);
  assert.deepEqual(shown(99, 100), [92, 8, 0]);
  assert.deepEqual(shown(100, 100), [92, 8, 0]);
  assert.deepEqual(shown(0, 0), [0, 0, 0]);
});

test('what is written into an address is read again, also while it is half written', () => {
  for (const wave of [
    { upTo: '2', failures: '', soak: '', pause: true },
    { upTo: '25%', failures: '', soak: '10m', pause: false },
    { upTo: '25%', failures: '10%', soak: '10m', pause: true },
    { upTo: '25%', failures: '0', soak: '', pause: true },
    { upTo: '', failures: '', soak: '', pause: false },
    { upTo: '', failures: '1', soak: '', pause: false },
    { upTo: '', failures: '', soak: '5m', pause: true },
  ]) {
    assert.deepEqual(readWave(writeWave(wave)), wave);
  }
  assert.equal(writeWave({ upTo: '1,2!~', failures: '1:', soak: ' 1 m', pause: false }), '12:1~1m');
});

test('the waves of a service are written as a person would', () => {
  const of = (count, percent, soakSeconds, pauseAfter, maxFailures = null) => ({ upTo: { count, percent }, maxFailures, soakSeconds, pauseAfter });
  const written = writtenWaves([of(2, null, 0, true, { count: 0, percent: null }), of(null, 25, 600, false), of(null, 100, 0, false)]).map(writeWave);
  assert.deepEqual(written, ['2:0!', '25%~10m', '100%']);
});
