import assert from "node:assert/strict";
import { test } from "node:test";

import { addHistograms, growth, histogramGrowth, quantile, totalGrowth } from "../growth.js";

const of = (counts, bounds = [0.1, 1, Infinity]) => ({ bounds, counts });

test("a counter that was begun anew has no growth, and never a negative one", () => {
  assert.equal(growth(5, 8), 3);
  assert.equal(growth(8, 2), NaN);
  assert.equal(growth(undefined, 2), NaN);
});

test("the growth over many values leaves out the steps that are unknown", () => {
  assert.equal(totalGrowth([1, 4, 2, 3]), 4);
  assert.equal(totalGrowth([1, undefined, 2, 5]), 3);
  assert.equal(totalGrowth([7]), NaN);
  assert.equal(totalGrowth([undefined, undefined]), NaN);
  assert.equal(totalGrowth([0, 0]), 0);
});

test("what was observed between two readings is their difference", () => {
  assert.deepEqual(histogramGrowth(of([1, 2, 3]), of([2, 4, 6])), of([1, 2, 3]));
});

test("histograms that cannot be compared have no difference", () => {
  assert.equal(histogramGrowth(undefined, of([1, 2, 3])), undefined);
  assert.equal(histogramGrowth(of([5, 5, 5]), of([1, 2, 3])), undefined);
  assert.equal(histogramGrowth(of([1, 2, 3], [0.2, 1, Infinity]), of([2, 4, 6])), undefined);
});

test("histograms add up", () => {
  assert.deepEqual(addHistograms(of([1, 2, 3]), of([1, 1, 1])), of([2, 3, 4]));
  assert.deepEqual(addHistograms(undefined, of([1, 2, 3])), of([1, 2, 3]));
  assert.deepEqual(addHistograms(of([1, 2, 3]), undefined), of([1, 2, 3]));
});

test("a quantile is interpolated inside its bucket", () => {
  assert.equal(quantile(of([10, 10, 10]), 0.5), 0.05);
  assert.equal(quantile(of([0, 10, 10]), 0.5), 0.1 + 0.9 / 2);
  assert.equal(quantile(of([5, 10, 10]), 1), 1);
});

test("a quantile above the highest bound is infinite, and one of nothing is unknown", () => {
  assert.equal(quantile(of([1, 1, 10]), 0.5), Infinity);
  assert.equal(quantile(of([0, 0, 0]), 0.5), NaN);
  assert.equal(quantile(undefined, 0.5), NaN);
});
