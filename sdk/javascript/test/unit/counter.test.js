import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NotACounterError } from '../../dist/errors/sessions.js';
import { sum } from '../../dist/values/counter.js';

const where = { package: 'counters', key: 'balance' };

test('a counter goes down, below zero as well, and an absent one counts as zero', () => {
  assert.equal(sum('5', -7n, where), '-2');
  assert.equal(sum('-5', -7n, where), '-12');
  assert.equal(sum(undefined, -7n, where), '-7');
  assert.equal(sum('9007199254740991', -1n, where), '9007199254740990');
  assert.equal(sum('-0', -1n, where), '-1');
});

test('a value that the component takes for no counter is none', () => {
  for (const text of ['"5"', '5.0', '5e0', 'null', 'true', '[5]', '9007199254740992', '-9007199254740992', '9'.repeat(1_000_000)]) {
    assert.throws(() => sum(text, -1n, where), (error) => error instanceof NotACounterError && error.held === undefined);
  }
});

test('a sum out of range is an error with the counter and the number', () => {
  assert.throws(() => sum('-9007199254740991', -1n, where), {
    name: 'NotACounterError',
    package: 'counters',
    key: 'balance',
    held: -9007199254740991,
    added: -1,
  });
  assert.throws(() => sum(undefined, -(2n ** 63n), where), { held: 0, added: -(2 ** 63) });
});
