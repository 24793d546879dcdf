import assert from "node:assert/strict";
import { test } from "node:test";

import { History, WINDOW } from "../history.js";

const BEGIN = Date.UTC(2026, 0, 1);

/** A reading at a second, of a server with so many requests. */
function reading(second, requests, started) {
  const at = BEGIN + second * 1000;
  const counters = new Map([["requests", requests]]);
  const histograms = new Map([["request", { bounds: [1, Infinity], counts: [requests, requests] }]]);
  return { at, clock: second * 1000, started, counters, gauges: new Map(), histograms };
}

const nothing = () => new Map();

function history(...readings) {
  const all = new History();
  for (const it of readings) all.add(it, nothing);
  return all;
}

test("a rate is the growth a second", () => {
  const all = history(reading(0, 100), reading(1, 110), reading(3, 130));
  assert.equal(all.rate("requests"), 10);
  assert.equal(all.rate("requests", 2000), 10);
  assert.equal(all.rate("unknown"), NaN);
  assert.equal(new History().rate("requests"), NaN);
});

test("after a restart a new run begins, and nothing shrinks", () => {
  // Servers of which the page knows when they started, and servers of which it does not.
  for (const [first, second] of [[1, 2], [undefined, undefined]]) {
    const before = [reading(0, 100, first), reading(1, 110, first)];
    const all = history(...before, reading(2, 3, second), reading(3, 7, second));
    assert.deepEqual(all.moments.map(({ run }) => run), [0, 0, 1, 1]);
    assert.deepEqual(all.moments.map((it) => it.restarted), [false, false, true, false]);
    assert.equal(all.rate("requests"), 4);
    assert.equal(all.grown("requests"), 14);
    assert.deepEqual(all.observed("request").counts, [14, 14]);
  }
});

test("a restart with more requests than before is seen by its time", () => {
  const all = history(reading(0, 1), reading(1, 500, 2));
  assert.deepEqual(all.moments.map((it) => it.restarted), [false, true]);
  assert.equal(all.grown("requests"), NaN);
});

test("an interruption is a gap: rates do not reach over it", () => {
  const all = history(reading(0, 100), reading(1, 110));
  all.interrupt();
  all.add(reading(60, 5000), nothing);
  assert.equal(all.rate("requests"), NaN);
  assert.equal(all.last.restarted, false);
  all.add(reading(61, 5010), nothing);
  assert.equal(all.rate("requests"), 10);
});

test("it holds five minutes and no more, however long it goes on", () => {
  const all = new History();
  for (let second = 0; second < 2000; second += 1) all.add(reading(second, second), nothing);
  assert.equal(all.moments.length, WINDOW / 1000);
  assert.ok(all.moments[0].at > all.last.at - WINDOW);
});

test("many readings in a short time are bounded, too", () => {
  const all = new History();
  for (let n = 0; n < 2000; n += 1) all.add(reading(n / 1000, n), nothing);
  assert.ok(all.moments.length <= 400);
});

test("when the clock is set back, it begins anew", () => {
  const all = history(reading(100, 1), reading(101, 2), reading(50, 3));
  assert.equal(all.moments.length, 1);
});

test("a copy stays as it is", () => {
  const all = history(reading(0, 1), reading(1, 2));
  const copy = all.copy();
  all.add(reading(2, 3), nothing);
  assert.deepEqual([copy.moments.length, all.moments.length], [2, 3]);
});

test("the nearest moment is one within two seconds", () => {
  const all = history(reading(0, 1), reading(1, 2), reading(10, 3));
  assert.equal(all.nearest(BEGIN + 900), all.moments[1]);
  assert.equal(all.nearest(BEGIN + 5000), undefined);
  assert.equal(all.nearest(BEGIN + 12_000), all.moments[2]);
});
