import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { list, oneOf, readState, text, writeState } = await load('rules/url');
const FIELDS = { q: text(), status: oneOf('', 'RUNNING', 'UNKNOWN'), hosts: list() };

test('what was written is read again, in any order, with any characters', () => {
  for (const state of [
    { q: '', status: '', hosts: [] },
    { q: 'a&b=c #%/?+ é 中文 \u202e', status: 'UNKNOWN', hosts: ['host-1', 'rack=a'] },
    { q: 'x'.repeat(1000), status: 'RUNNING', hosts: Array.from({ length: 100 }, (_, index) => `h${index}`) },
  ]) {
    const written = writeState(FIELDS, state, '');
    assert.deepEqual(readState(FIELDS, written), state);
    assert.deepEqual(readState(FIELDS, written.split('&').reverse().join('&')), state);
  }
});

test('defaults leave the address short, and a state has one address', () => {
  assert.equal(writeState(FIELDS, { q: '', status: '', hosts: [] }, 'q=x&status=RUNNING'), '');
  const state = { q: 'x', status: 'RUNNING', hosts: ['a', 'b'] };
  assert.equal(writeState(FIELDS, state, ''), 'q=x&status=RUNNING&hosts=a,b');
  assert.equal(writeState(FIELDS, state, 'hosts=c&status=UNKNOWN'), 'q=x&status=RUNNING&hosts=a,b');
});

test('parameters of others stay', () => {
  assert.equal(writeState(FIELDS, { q: 'x', status: '', hosts: [] }, 'line=7'), 'line=7&q=x');
});

test('nonsense has the default', () => {
  assert.deepEqual(readState(FIELDS, 'status=DROP&hosts=,,a,a,&q=%E0%A4%A'), { q: readState(FIELDS, 'q=%E0%A4%A').q, status: '', hosts: ['a'] });
});
