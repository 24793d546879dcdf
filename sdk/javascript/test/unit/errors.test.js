import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';

import { SessionError } from '../../dist/errors/index.js';
import { errorFrom } from '../../dist/errors/from-wit.js';
import { responseFor } from '../../dist/failure.js';

const session = { container: 'shop', session: 'secret' };

/** A case of the interface for each error, with the data that the SDK gives. */
const CASES = [
  [{ tag: 'finished' }, {}],
  [{ tag: 'busy' }, {}],
  [{ tag: 'savepoint-invalid' }, {}],
  [
    { tag: 'invalid-name', val: { kind: 'package', length: 2000, limit: 1024 } },
    { kind: 'package', length: 2000, limit: 1024, message: 'a package name must have 1 to 1024 bytes, not 2000' },
  ],
  [
    { tag: 'invalid-option', val: { name: 'timeout', maximum: 10n, given: 11n } },
    { option: 'timeout', maximum: 10, given: 11, message: 'the option timeout must not be 11; the maximum is 10' },
  ],
  [
    { tag: 'invalid-json', val: { key: 'apple', reason: 'line 1' } },
    { key: 'apple', reason: 'line 1' },
  ],
  [
    { tag: 'not-a-counter', val: { package: 'cart', key: 'apple', held: 7n, added: 1n } },
    {
      package: 'cart',
      key: 'apple',
      held: 7,
      added: 1,
      message: 'cannot add to key "apple" in package "cart": the sum would be out of range',
    },
  ],
  [
    { tag: 'not-a-counter', val: { package: 'cart', key: 'apple', added: 1n } },
    { held: undefined, message: 'cannot add to key "apple" in package "cart": the value is not a counter' },
  ],
  [{ tag: 'too-many-sessions', val: 1000 }, { limit: 1000 }],
  [{ tag: 'conflict', val: [{ ...session, package: 'cart', key: 'apple' }, session] }, {}],
  [{ tag: 'gone', val: [session] }, {}],
  [{ tag: 'ended', val: [session] }, {}],
  [{ tag: 'outcome-unknown', val: [session] }, {}],
  [
    { tag: 'too-large', val: { session, size: 2n, limit: 1n } },
    { size: 2, limit: 1, message: 'the record of a session would have 2 bytes; the maximum is 1' },
  ],
  [{ tag: 'damaged', val: { session, reason: 'no newline' } }, { reason: 'no newline' }],
  [{ tag: 'unknown-format', val: 9 }, { version: 9 }],
  [{ tag: 'unavailable', val: 'why' }, { reason: 'why' }],
  [{ tag: 'unsupported', val: 'why' }, { reason: 'why' }],
  [{ tag: 'denied', val: 'why' }, { reason: 'why' }],
  [
    { tag: 'store', val: 'why' },
    { reason: 'why', message: 'the store failed: why' },
  ],
];

test('every error of the interface has a class, with its code, name and data', () => {
  for (const [wit, data] of CASES) {
    const error = errorFrom(wit);
    assert.ok(error instanceof SessionError && error instanceof Error);
    assert.equal(error.code, wit.tag);
    const name = wit.tag.replace(/(?:^|-)(\w)/g, (_all, letter) => letter.toUpperCase());
    assert.equal(error.name, wit.tag === 'not-a-counter' ? 'NotACounterError' : `${name}Error`);
    for (const [member, value] of Object.entries(data)) assert.equal(error[member], value, `${wit.tag} ${member}`);
  }
});

test('ids are there, and nothing prints them', () => {
  for (const [wit] of CASES) {
    const error = errorFrom(wit);
    for (const printed of [error.message, String(error), inspect(error), JSON.stringify(error)]) {
      assert.ok(!printed.includes('secret'), printed);
    }
  }
  assert.equal(errorFrom({ tag: 'gone', val: [session] }).sessions[0].session, 'secret');
  const { conflicts } = errorFrom({ tag: 'conflict', val: [{ ...session, package: 'cart', key: 'apple' }] });
  assert.deepEqual([conflicts[0].session, conflicts[0].package, conflicts[0].key], ['secret', 'cart', 'apple']);
});

test('a client learns what to do, and nothing that is not meant for it', async () => {
  const status = { unavailable: 503, conflict: 503, gone: 503, ended: 503, 'outcome-unknown': 503, 'too-large': 413 };
  for (const [wit] of CASES) {
    const response = responseFor(errorFrom(wit));
    assert.equal(response.status, status[wit.tag] ?? 500, wit.tag);
    const text = await response.text();
    assert.ok(!/secret|why|no newline/.test(text), text);
  }
  const other = responseFor(new Error('secret'));
  assert.equal(other.status, 500);
  assert.equal(await other.text(), 'the handler threw an error, so nothing was stored\n');
});
