import assert from "node:assert/strict";
import { test } from "node:test";

import { areaPath, bytesAxis, decimalAxis, linePath, lineParts, logarithmicAxis, minutesBetween } from "../scale.js";

test("a decimal axis begins at zero, has few round marks and covers every value", () => {
  assert.deepEqual(decimalAxis(362).marks, [0, 200, 400]);
  assert.deepEqual(decimalAxis(1, 1).marks, [0, 1]);
  for (let most = 0.001; most < 1e9; most *= 1.7) {
    const { marks, top, share } = decimalAxis(most);
    assert.ok(marks.length >= 3 && marks.length <= 5, `${most}: ${marks}`);
    assert.ok(top >= most * 0.999 && share(most) > 0.4, `${most}: ${top}`);
  }
});

test("an axis of sizes has marks at powers of two", () => {
  assert.deepEqual(bytesAxis(80 * 2 ** 20).marks.map((mark) => mark / 2 ** 20), [0, 32, 64, 96]);
});

test("a logarithmic axis has marks at powers of ten", () => {
  const { marks, share } = logarithmicAxis(0.002, 0.05);
  assert.deepEqual(marks.map((mark) => mark.toFixed(3)), ["0.001", "0.010", "0.100"]);
  assert.deepEqual([0.001, 0.01, 0.1, 0, Infinity].map(share).map((it) => Number(it.toFixed(6))), [0, 0.5, 1, 0, 1]);
});

test("marks of time are at whole minutes", () => {
  assert.deepEqual(minutesBetween(59_000, 181_000), [60_000, 120_000, 180_000]);
});

test("a line has gaps where values are missing and where a run ends", () => {
  const moments = [0, 0, 0, 0, 1, 1].map((run, at) => ({ at, run }));
  const same = (value) => value;
  const parts = lineParts(moments, [5, 6, NaN, 7, 8, 9], same, same);
  assert.deepEqual(parts, [[[0, 5], [1, 6]], [[3, 7]], [[4, 8], [5, 9]]]);
  assert.equal(linePath(parts), "M0,5L1,6M3,7h1.5M4,8L5,9");
  assert.equal(areaPath(parts.slice(0, 1), 10), "M0,10L0,5L1,6V10Z");
});

test("every axis covers its values with a few marks", () => {
  for (let most = 0.001; most < 1e12; most *= 1.37) {
    for (const { marks, top } of [decimalAxis(most), decimalAxis(most, 1), bytesAxis(most)]) {
      assert.ok(top >= most * 0.998 && marks.length >= 2 && marks.length <= 5, `${most}: ${marks}`);
    }
  }
});
