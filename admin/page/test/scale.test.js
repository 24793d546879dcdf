import assert from "node:assert/strict";
import { test } from "node:test";

import { areaPath, bytesAxis, decimalAxis, linePath, lineParts, logarithmicAxis, minutesBetween } from "../scale.js";

test("an axis ends at a round number that no value exceeds", () => {
  assert.deepEqual(decimalAxis(412).marks, [0, 200, 400, 600]);
  assert.deepEqual(decimalAxis(3).marks, [0, 1, 2, 3]);
  assert.deepEqual(bytesAxis(80 * 1024 ** 2).marks.map((mark) => mark / 1024 ** 2), [0, 32, 64, 96]);
});

test("every axis covers its values with a few marks", () => {
  for (let most = 0.001; most < 1e12; most *= 1.37) {
    for (const { marks, top } of [decimalAxis(most), decimalAxis(most, 1), bytesAxis(most)]) {
      assert.ok(top >= most * 0.998 && marks.length >= 2 && marks.length <= 5, `${most}: ${marks}`);
    }
  }
});

test("an axis of counts has no fractions", () => {
  assert.deepEqual(decimalAxis(0.01, 1).marks, [0, 1]);
  assert.deepEqual(decimalAxis(2, 1).marks, [0, 1, 2]);
});

test("a logarithmic axis covers whole powers of ten", () => {
  const { marks, share } = logarithmicAxis(0.004, 0.07);
  assert.deepEqual(marks.map((mark) => Math.round(mark * 1000)), [1, 10, 100]);
  assert.ok(Math.abs(share(0.01) - 0.5) < 1e-9);
  assert.equal(share(0.0001), 0);
  assert.equal(share(Infinity), 1);
  assert.equal(logarithmicAxis(0.01, 0.01).marks.length, 2);
});

test("marks of time are at whole minutes", () => {
  assert.deepEqual(minutesBetween(30_000, 200_000), [60_000, 120_000, 180_000]);
});

const moments = [1, 2, 3, 4, 5].map((at) => ({ at, run: at < 4 ? 0 : 1 }));
const same = (value) => value;

test("a line has a gap where there is no data, and between runs", () => {
  assert.deepEqual(lineParts(moments, [7, NaN, 8, 9, 9], same, same), [[[1, 7]], [[3, 8]], [[4, 9], [5, 9]]]);
  assert.deepEqual(lineParts(moments, [NaN, NaN, NaN, NaN, NaN], same, same), []);
});

test("a path has one stroke for each part, and a single point can be seen", () => {
  assert.equal(linePath([[[1, 7]], [[4, 9], [5, 9.04]]]), "M1,7h1.5M4,9L5,9");
  assert.equal(areaPath([[[4, 9], [5, 8]]], 20), "M4,20L4,9L5,8V20Z");
  assert.equal(linePath([]), "");
});
