import assert from "node:assert/strict";
import { test } from "node:test";

import { derive } from "../figures.js";
import { History } from "../history.js";
import { Reader } from "../reader.js";
import { readingAt } from "./readings.js";

/** A reader of five moments, at the seconds 1 to 5, and how often it told of a change. */
function readerOfFive() {
  const history = new History();
  for (let second = 1; second <= 5; second += 1) history.add(readingAt(second, { requests: second }), derive);
  const changes = { count: 0 };
  const reader = new Reader(() => (changes.count += 1));
  reader.follow(history);
  return { reader, history, changes };
}

test("the pointer chooses the nearest moment, and tells only of another one", () => {
  const { reader, changes } = readerOfFive();
  reader.read(2100);
  reader.read(2400);
  assert.equal(reader.moment.at, 2000);
  assert.equal(changes.count, 1);
  reader.read(undefined);
  assert.equal(reader.moment, undefined);
  assert.equal(changes.count, 2);
});

test("the keyboard steps from the newest moment, and stays in the window", () => {
  const { reader } = readerOfFive();
  const after = (count) => (reader.step(count), reader.moment.at);
  assert.deepEqual([after(-1), after(-1), after(1), after(30), after(-Infinity), after(Infinity)],
    [4000, 3000, 4000, 5000, 1000, 5000]);
});

test("a moment that leaves the window is given up, and one that stays is kept", () => {
  const { reader, history } = readerOfFive();
  reader.read(2000);
  history.add(readingAt(6, { requests: 6 }), derive);
  reader.follow(history);
  assert.equal(reader.moment.at, 2000);
  history.add(readingAt(303, { requests: 7 }), derive);
  reader.follow(history);
  assert.equal(reader.moment, undefined);
});

test("without moments there is none to choose", () => {
  const reader = new Reader(() => assert.fail("nothing has changed"));
  reader.follow(new History());
  reader.read(1000);
  reader.step(-1);
  assert.equal(reader.moment, undefined);
});
