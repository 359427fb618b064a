import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { OutputWindow, matching, visible } = await load('rules/output');
const lines = (from, to) => Array.from({ length: to - from }, (_, index) => ({ cursor: `c${from + index}`, text: `${from + index}` }));
const shown = window => window.lines.map(({ text }) => Number(text));

test('lines come at the end, each once', () => {
  const window = new OutputWindow(10);
  window.append(lines(0, 4));
  window.append(lines(2, 6));
  assert.deepEqual(shown(window), [0, 1, 2, 3, 4, 5]);
  assert.equal(window.before, false);
});

test('beyond the limit the oldest are given up, and can be read again', () => {
  const window = new OutputWindow(5);
  assert.equal(window.append(lines(0, 8)), true);
  assert.deepEqual(shown(window), [3, 4, 5, 6, 7]);
  assert.equal(window.before, true);
  assert.equal(window.prepend(lines(1, 3)), 2);
  assert.deepEqual(shown(window), [1, 2, 3, 4, 5]);
  assert.equal(window.after, true);
});

test('100,000 lines keep the window and its memory as they are', () => {
  const window = new OutputWindow(20_000);
  for (let at = 0; at < 100_000; at += 5_000) {
    window.append(lines(at, at + 5_000));
  }
  assert.equal(window.lines.length, 20_000);
  assert.equal(window.lines[0].text, '80000');
});

test('characters that cannot be seen, or that turn the line around, are shown as signs', () => {
  assert.equal(visible('a\u0000b\u001bc'), 'a␀b␛c');
  assert.equal(visible('\u001b[31;1mred\u001b[0m'), 'red');
  assert.equal(visible('\u202eevil\u200b'), '<U+202E>evil<U+200B>');
  assert.equal(visible('tab\tstays, 中文 مرحبا, too'), 'tab\tstays, 中文 مرحبا, too');
  assert.equal(visible('x'.repeat(8192)).length, 8192);
});

test('lines are found by what they contain, in letters of any size, and by their stream', () => {
  const said = (text, stream) => ({ cursor: text, text, stream });
  const all = [said('Disk full', 'STDERR'), said('disk fine', 'STDOUT'), said('done', 'STDOUT')];
  const found = (stream, find) => matching(all, { stream, find }).map(({ text }) => text);
  assert.deepEqual(found('', 'DISK'), ['Disk full', 'disk fine']);
  assert.deepEqual(found('STDOUT', 'disk'), ['disk fine']);
  assert.deepEqual(found('', '.*'), []);
  assert.equal(matching(all, { stream: '', find: '' }), all);
});
