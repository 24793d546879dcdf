import assert from "node:assert/strict";
import { test } from "node:test";

import { derive } from "../figures.js";
import { History, WINDOW } from "../history.js";
import { readingAt } from "./readings.js";

/** A history of these requests in all, one reading a second. */
function historyOf(...requests) {
  const history = new History();
  requests.forEach((count, second) => history.add(readingAt(second + 1, { requests: count }), derive));
  return history;
}

test("a rate is the growth a second since the reading before", () => {
  assert.deepEqual(historyOf(10, 15, 15, 40).series("requests"), [NaN, 5, 0, 25]);
});

test("a rate counts the time that really passed", () => {
  const history = new History();
  history.add(readingAt(1, { requests: 0 }), derive);
  history.add(readingAt(5, { requests: 40 }), derive);
  assert.deepEqual(history.series("requests"), [NaN, 10]);
});

test("a restart of the server is a gap, and no rate is negative", () => {
  const history = historyOf(1000, 1010);
  history.add(readingAt(3, { requests: 4, started: 200 }), derive);
  history.add(readingAt(4, { requests: 6, started: 200 }), derive);
  assert.deepEqual(history.series("requests"), [NaN, 10, NaN, 2]);
  assert.deepEqual(history.moments.map(({ restarted }) => restarted), [false, false, true, false]);
});

test("a restart is seen even if more was counted since than before", () => {
  const history = historyOf(10);
  history.add(readingAt(2, { requests: 500, started: 200 }), derive);
  assert.deepEqual(history.series("requests"), [NaN, NaN]);
});

test("counters that shrink tell of a restart where the time of the start does not", () => {
  const moments = historyOf(1000, 3).moments;
  assert.deepEqual(moments.map(({ restarted }) => restarted), [false, true]);
});

test("readings that are missing leave a gap", () => {
  const history = historyOf(10, 20);
  history.interrupt();
  history.add(readingAt(30, { requests: 500 }), derive);
  history.add(readingAt(31, { requests: 501 }), derive);
  assert.deepEqual(history.series("requests"), [NaN, 10, NaN, 1]);
  assert.deepEqual(history.moments.map(({ run }) => run), [0, 0, 1, 1]);
});

test("the growth in the window leaves out what is missing", () => {
  const history = historyOf(10, 20);
  history.add(readingAt(3, { requests: 4, started: 200 }), derive);
  history.add(readingAt(4, { requests: 6, started: 200 }), derive);
  assert.equal(history.grown("requests"), 12);
  assert.equal(history.observed("request").counts.at(-1), 12);
  assert.equal(new History().grown("requests"), NaN);
  assert.equal(new History().observed("request"), undefined);
});

test("a rate over a longer time covers no more than its newest run", () => {
  const history = historyOf(0, 10, 30);
  assert.equal(history.rate("requests", 1000), 20);
  assert.equal(history.rate("requests", 10_000), 15);
  history.interrupt();
  history.add(readingAt(4, { requests: 31 }), derive);
  assert.equal(history.rate("requests", 10_000), NaN);
  assert.equal(new History().rate("requests"), NaN);
});

test("days of polling keep no more than the window", () => {
  const history = new History();
  for (let second = 1; second <= 2000; second += 1) history.add(readingAt(second, { requests: second }), derive);
  assert.equal(history.moments.length, WINDOW / 1000);
  assert.equal(history.last.at - history.moments[0].at, WINDOW - 1000);
});

test("readings in quick succession cannot fill the memory", () => {
  const history = new History();
  for (let i = 1; i <= 1000; i += 1) history.add(readingAt(i / 1000, { requests: i }), derive);
  assert.ok(history.moments.length <= 400, `${history.moments.length}`);
});

test("a clock that is set back begins the window anew", () => {
  const history = historyOf(10, 20);
  history.add(readingAt(1, { requests: 30 }), derive);
  assert.deepEqual(history.moments.map(({ at }) => at), [1000]);
});

test("a copy stays as it is", () => {
  const history = historyOf(10, 20);
  const copy = history.copy();
  history.add(readingAt(3, { requests: 30 }), derive);
  assert.equal(copy.moments.length, 2);
  assert.equal(history.moments.length, 3);
});

test("a moment is found by its time, but not across a gap", () => {
  const history = historyOf(10, 20, 30);
  history.interrupt();
  history.add(readingAt(60, { requests: 40 }), derive);
  assert.equal(history.nearest(2400).at, 2000);
  assert.equal(history.nearest(59_000).at, 60_000);
  assert.equal(history.nearest(30_000), undefined);
  assert.equal(new History().nearest(0), undefined);
});
