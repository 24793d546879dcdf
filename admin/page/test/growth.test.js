import assert from "node:assert/strict";
import { test } from "node:test";

import { addHistograms, growth, histogramGrowth, quantile, totalGrowth } from "../growth.js";

const BOUNDS = [1, 2, 4, Infinity];

test("a counter that shrinks was begun anew, and its growth is unknown", () => {
  assert.equal(growth(5, 8), 3);
  assert.equal(growth(8, 8), 0);
  assert.equal(growth(8, 5), NaN);
  assert.equal(growth(undefined, 5), NaN);
  assert.equal(growth(5, undefined), NaN);
});

test("the growth in all leaves out the steps that are unknown", () => {
  assert.equal(totalGrowth([1, 4, 6]), 5);
  assert.equal(totalGrowth([10, 15, 2, 4]), 7);
  assert.equal(totalGrowth([10, undefined, 20, 21]), 1);
  assert.equal(totalGrowth([10]), NaN);
  assert.equal(totalGrowth([undefined, 3]), NaN);
});

test("histograms grow bucket by bucket", () => {
  const grown = histogramGrowth({ bounds: BOUNDS, counts: [1, 2, 3, 4] }, { bounds: BOUNDS, counts: [1, 4, 6, 8] });
  assert.deepEqual(grown, { bounds: BOUNDS, counts: [0, 2, 3, 4] });
});

test("histograms that were begun anew, or have other buckets, cannot be compared", () => {
  const before = { bounds: BOUNDS, counts: [1, 2, 3, 4] };
  assert.equal(histogramGrowth(before, { bounds: BOUNDS, counts: [0, 0, 0, 1] }), undefined);
  assert.equal(histogramGrowth(before, { bounds: [1, Infinity], counts: [5, 6] }), undefined);
  assert.equal(histogramGrowth(undefined, before), undefined);
});

test("histograms are added up where there are any", () => {
  const one = { bounds: BOUNDS, counts: [1, 2, 3, 4] };
  assert.equal(addHistograms(undefined, one), one);
  assert.equal(addHistograms(one, undefined), one);
  assert.deepEqual(addHistograms(one, one).counts, [2, 4, 6, 8]);
});

test("a quantile lies inside its bucket", () => {
  const histogram = { bounds: BOUNDS, counts: [0, 10, 10, 10] };
  assert.equal(quantile(histogram, 0.5), 1.5);
  assert.equal(quantile(histogram, 1), 2);
  assert.equal(quantile({ bounds: BOUNDS, counts: [4, 4, 4, 4] }, 0.5), 0.5);
  assert.equal(quantile({ bounds: BOUNDS, counts: [50, 50, 100, 100] }, 0.75), 3);
});

test("a quantile beyond the highest bound is infinite, and of nothing it is unknown", () => {
  assert.equal(quantile({ bounds: BOUNDS, counts: [0, 0, 1, 10] }, 0.99), Infinity);
  assert.equal(quantile({ bounds: BOUNDS, counts: [0, 0, 0, 0] }, 0.5), NaN);
  assert.equal(quantile(undefined, 0.5), NaN);
});
