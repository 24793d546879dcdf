import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkedAddend, checkedEntries, checkedName } from '../../dist/values/check.js';
import { fromJson, shapeOf, shapesOf } from '../../dist/values/shape.js';
import { checkAwaited, toJson } from '../../dist/values/write.js';

function written(value) {
  return toJson('cart', 'key', value);
}

function reason(value) {
  try {
    written(value);
  } catch (error) {
    assert.equal(error.code, 'not-serializable');
    assert.deepEqual([error.package, error.key], ['cart', 'key']);
    return error.reason;
  }
  return undefined;
}

test('what JSON can express is written as JSON.stringify does', () => {
  const values = [
    null,
    true,
    false,
    0,
    -7,
    1.5,
    1e300,
    5e-324,
    Number.MAX_SAFE_INTEGER,
    '',
    'quotes " \\ \n \u0000 \u007f \u2028 🍎',
    [],
    {},
    [1, 'two', [3, [4]], { five: null }],
    { '': 1, a: { b: { c: [true, null] } }, constructor: 'y', 'a key': 1 },
    JSON.parse('{"__proto__": {"x": 1}}'),
    Object.assign(Object.create(null), { a: 1 }),
  ];
  for (const value of values) {
    assert.equal(written(value), JSON.stringify(value));
  }
});

test('a long string is written in pieces, and read as the same', () => {
  for (const text of ['x'.repeat(100_000), '"\n'.repeat(50_000), `x${'🍎'.repeat(50_000)}`]) {
    assert.equal(JSON.parse(written(text)), text);
  }
});

test('-0 becomes 0', () => {
  assert.equal(written(-0), '0');
});

test('what JSON cannot express is refused with the path to it', () => {
  const cycle = { list: [] };
  cycle.list.push(cycle);
  class Item {}
  class Items extends Array {}
  const cases = [
    [undefined, 'the value is undefined; leave it out, or use null'],
    [{ a: [1, undefined] }, '.a[1] is undefined; leave it out, or use null'],
    [{ 'a b': { c: () => 1 } }, '["a b"].c is a function'],
    [Symbol('x'), 'the value is a symbol'],
    [[1n], '[0] is a BigInt; use a number or a string'],
    [NaN, 'the value is NaN'],
    [{ price: -Infinity }, '.price is infinite'],
    [cycle, '.list[0] contains itself'],
    [Promise.resolve(1), 'the value is a Promise; await it first'],
    [{ then() {} }, 'the value is a Promise; await it first'],
    [[1, , 3], '[1] is a hole in an array; use null'],
    [Object.assign([1], { more: 2 }), 'the value is an array with properties'],
    ['\ud800', 'the value is a string with a lone surrogate'],
    [{ '\udc00': 1 }, 'the value is a string with a lone surrogate'],
    [{ [Symbol('x')]: 1 }, 'the value has a symbol as a key'],
    [Object.assign([1], { [Symbol('x')]: 1 }), 'the value has a symbol as a key'],
  ];
  for (const [value, expected] of cases) assert.equal(reason(value), expected);
  for (const value of [
    new Date(0),
    new Map(),
    new Set(),
    /x/,
    new Item(),
    new Items(1),
    new Uint8Array(1),
    new Number(1),
    new Error('x'),
  ]) {
    assert.match(reason({ value }), /^\.value is a \w+; store plain objects/);
  }
  assert.match(reason({ toJSON: () => 1 }), /^\.toJSON is a function/);
});

test('the same object twice is not a cycle', () => {
  const shared = { a: 1 };
  assert.equal(written([shared, shared]), '[{"a":1},{"a":1}]');
});

test('values can be nested 100 levels deep', () => {
  const nested = (levels) => (levels === 0 ? 1 : [nested(levels - 1)]);
  assert.equal(written(nested(100)), JSON.stringify(nested(100)));
  assert.match(reason(nested(101)), /is nested more than 100 levels deep$/);
  assert.match(reason(nested(5000)), /is nested more than 100 levels deep$/);
});

test('a message of an error has no value', () => {
  assert.throws(
    () => written(['secret', NaN]),
    (error) => !error.message.includes('secret'),
  );
});

function asNumber(value) {
  if (typeof value !== 'number') throw new TypeError('expected a number');
  return value;
}

/** A Standard Schema, made by hand. */
function schema(validate) {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

test('a function checks what is read, and its result is what the caller gets', () => {
  assert.equal(fromJson('cart', 'apple', '2', asNumber), 2);
  assert.equal(
    fromJson('cart', 'apple', '2', (value) => `${value} apples`),
    '2 apples',
  );
  assert.throws(
    () => fromJson('cart', 'apple', '"secret"', asNumber),
    (error) => {
      assert.equal(error.code, 'wrong-type');
      assert.equal(error.message, 'the value of key "apple" in package "cart" does not have the type it was read as');
      assert.deepEqual([error.package, error.key, error.reason], ['cart', 'apple', 'expected a number']);
      assert.ok(error.cause instanceof TypeError);
      return true;
    },
  );
});

test('a Standard Schema checks what is read', () => {
  const doubling = schema((value) => ({ value: 2 * value }));
  assert.equal(fromJson('cart', 'apple', '2', doubling), 4);
  const failing = schema(() => ({ issues: [{ message: 'too small', path: ['a', { key: 0 }] }, { message: 'odd' }] }));
  assert.throws(() => fromJson('cart', 'apple', '2', failing), { code: 'wrong-type', reason: 'a.0: too small; odd' });
  const asynchronous = schema(async (value) => ({ value }));
  assert.throws(() => fromJson('cart', 'apple', '2', asynchronous), { code: 'misuse' });
  const promising = async (value) => value;
  assert.throws(() => fromJson('cart', 'apple', '2', promising), { code: 'misuse' });
});

test('a Standard Schema that is a function is one, as those of ArkType are', () => {
  const failing = schema(() => ({ issues: [{ message: 'too small' }] }));
  const callable = Object.assign(() => 'what a call returns', failing);
  assert.throws(() => fromJson('cart', 'apple', '2', callable), { code: 'wrong-type', reason: 'too small' });
  assert.equal(shapeOf(callable, 'apple'), callable);
});

test('shapes belong to a package or to keys, and names of Object are names like others', () => {
  const shapes = { cart: asNumber, checkout: { attempts: asNumber } };
  assert.equal(shapeOf(shapesOf(shapes, 'cart'), 'anything'), asNumber);
  assert.equal(shapeOf(shapesOf(shapes, 'checkout'), 'attempts'), asNumber);
  for (const name of ['coupon', 'constructor', '__proto__', 'toString']) {
    assert.equal(shapeOf(shapesOf(shapes, 'checkout'), name), undefined, name);
    assert.equal(shapesOf(shapes, name), undefined, name);
  }
});

test('names are strings that stay what they are', () => {
  assert.equal(checkedName('key', '🍎'), '🍎');
  for (const name of [undefined, 7, null, {}, '\ud83c']) {
    assert.throws(() => checkedName('key', name), { code: 'misuse' });
  }
});

test('an update takes an object or pairs, and nothing that would be lost', () => {
  const pairs = [['apple', 1]];
  for (const values of [{ apple: 1 }, Object.assign(Object.create(null), { apple: 1 }), pairs, new Map(pairs)]) {
    assert.deepEqual(checkedEntries(values), pairs);
  }
  assert.deepEqual(checkedEntries(JSON.parse('{"__proto__": 1}')), [['__proto__', 1]]);
  class Cart {}
  const symbol = { [Symbol('apple')]: 1 };
  const wrong = [undefined, null, 7, 'apple', Promise.resolve({ apple: 1 }), new Date(0), new Cart(), () => 1, symbol];
  for (const values of [...wrong, ['ab'], [1], [['apple']]]) {
    assert.throws(() => checkedEntries(values), { code: 'misuse' }, String(values));
  }
});

test('add takes whole numbers that arrive as they are', () => {
  assert.equal(checkedAddend(-7), -7n);
  assert.equal(checkedAddend(2n ** 63n - 1n), 2n ** 63n - 1n);
  for (const number of [1.5, NaN, Infinity, 2 ** 53, 2n ** 63n, -(2n ** 63n) - 1n, '1', undefined]) {
    assert.throws(() => checkedAddend(number), { code: 'misuse' });
  }
});

test('an array of promises is no result', () => {
  assert.throws(() => checkAwaited([1, Promise.resolve(2)]), { code: 'misuse' });
  for (const result of [undefined, [1, 2], { a: 1 }, 'text']) checkAwaited(result);
});
