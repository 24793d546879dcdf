import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../history.js";
import { Reader } from "../reader.js";

const history = (...times) => new History(times.map((at) => ({ at })));

function reader(of) {
  const changes = [];
  const it = new Reader(() => changes.push(it.moment?.at));
  it.follow(of);
  return { it, changes };
}

test("a time chooses the moment nearest to it, and each change is told once", () => {
  const { it, changes } = reader(history(0, 1000, 2000));
  for (const time of [900, 1100, 1900, undefined, undefined]) it.read(time);
  assert.deepEqual(changes, [1000, 2000, undefined]);
});

test("steps begin at the newest moment and stay in the history", () => {
  const { it, changes } = reader(history(0, 1000, 2000));
  for (const step of [-1, -30, -Infinity, 1, Infinity]) it.step(step);
  assert.deepEqual(changes, [1000, 0, 1000, 2000]);
});

test("a moment that has left the history is given up", () => {
  const { it } = reader(history(0, 1000));
  it.read(0);
  it.follow(history(1000, 2000));
  assert.equal(it.moment, undefined);
});

test("without a history there is nothing to read", () => {
  const { it, changes } = reader(history());
  it.step(-1);
  it.read(5);
  assert.deepEqual(changes, []);
});
