// Random values, which must be written as `JSON.stringify` writes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toJson } from '../../dist/values/write.js';

/** A test that failed is repeated with its seed: `SEED=7 node --test test/unit/fuzz.test.js`. */
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Returns random numbers from 0 to 1, always the same for a seed (mulberry32). */
function randomFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(seed);

function below(limit) {
  return Math.floor(random() * limit);
}

function pick(choices) {
  return choices[below(choices.length)];
}

const NUMBERS = [0, 1, -1, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, -(2 ** 53) - 2, 0.1, 123456789.125];
const NAMES = ['', '__proto__', 'constructor', 'toString', '0', '10', 'a b', '"', '\\', '\u2028', '🍎', 'length'];

/** Any finite number, by its bits. */
function number() {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, below(2 ** 32));
  bits.setUint32(4, below(2 ** 32));
  const any = bits.getFloat64(0);
  return random() < 0.3 ? pick(NUMBERS) : Number.isFinite(any) ? any : below(1000);
}

function string() {
  const length = random() < 0.02 ? 16_370 + below(14) : below(12);
  const units = Array.from({ length }, () => (random() < 0.5 ? 32 + below(95) : below(0x10000)));
  return String.fromCharCode(...units).toWellFormed();
}

function object(depth) {
  const entries = Array.from({ length: below(6) }, () => [random() < 0.4 ? pick(NAMES) : string(), value(depth)]);
  const members = Object.fromEntries(entries);
  return random() < 0.2 ? Object.assign(Object.create(null), members) : members;
}

function value(depth) {
  const kinds = [number, string, () => random() < 0.5, () => null];
  if (depth > 0) kinds.push(() => Array.from({ length: below(6) }, () => value(depth - 1)), () => object(depth - 1));
  return pick(kinds)();
}

test(`random values are written as JSON.stringify does, and read as the same (seed ${seed})`, () => {
  for (let run = 0; run < 2000; run += 1) {
    const given = value(5);
    const json = toJson('package', 'key', given);
    assert.equal(json, JSON.stringify(given));
    assert.equal(JSON.stringify(JSON.parse(json)), json);
  }
});

test(`random long strings are read as the same (seed ${seed})`, () => {
  for (let run = 0; run < 20; run += 1) {
    const given = Array.from({ length: 10 }, () => string()).join('🍎'.repeat(16_384 + below(3)));
    assert.equal(JSON.parse(toJson('package', 'key', given)), given);
  }
});
