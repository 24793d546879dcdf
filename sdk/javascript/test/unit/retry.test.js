import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConflictError, EndedError, GoneError, OutcomeUnknownError } from '../../dist/errors/index.js';
import { Patience, pauseAfter } from '../../dist/patience.js';
import { AFTER_CONFLICT, AFTER_CONFLICT_OR_END, retry, runWork } from '../../dist/retry.js';

/** Close to 1, which random numbers never are. */
const MOST = 1 - 2 ** -53;

/** A timer whose time passes only by pauses, all of maximum length, and by what a test adds. */
class TestTimer {
  pauses = [];
  now = () => this.pauses.reduce((sum, pause) => sum + pause, 0);
  random = () => MOST;
  pause = async (milliseconds) => {
    this.pauses.push(milliseconds);
  };
}

test('the first retry is immediate and needs no randomness', () => {
  const none = () => assert.fail('there is no pause');
  assert.equal(pauseAfter(0, none), 0);
  assert.equal(pauseAfter(1, none), 0);
});

test('each further race doubles the limit up to the longest pause', () => {
  const limits = [2, 4, 8, 16, 32, 64, 128, 250, 250];
  for (const [index, limit] of limits.entries()) {
    assert.equal(
      pauseAfter(index + 2, () => 1),
      limit,
    );
    assert.equal(
      pauseAfter(index + 2, () => 0),
      0,
    );
    assert.equal(
      pauseAfter(index + 2, () => 0.5),
      limit / 2,
    );
  }
  for (const lost of [34, 2000, 2 ** 32 - 1])
    assert.equal(
      pauseAfter(lost, () => 1),
      250,
    );
});

test('no pause ends after the patience and none is left out before', async () => {
  const timer = new TestTimer();
  const patience = new Patience(1000, timer);
  let lost = 1;
  while (await patience.waitForRetry()) lost += 1;
  assert.ok(timer.now() < 1000);
  assert.ok(timer.now() + pauseAfter(lost, () => MOST) >= 1000);
});

test('no run begins when the runs before took all the time', async () => {
  const timer = new TestTimer();
  const patience = new Patience(1000, timer);
  timer.pauses.push(999);
  assert.equal(await patience.waitForRetry(), true);
  timer.pauses.push(1);
  assert.equal(await patience.waitForRetry(), false);
});

test('without patience there is one run, and patience may be endless', async () => {
  assert.equal(await new Patience(0, new TestTimer()).waitForRetry(), false);
  assert.equal(await new Patience(Infinity, new TestTimer()).waitForRetry(), true);
});

/** Retries runs with these outcomes, and returns what comes of it and how many runs there were. */
async function settle(again, outcomes, milliseconds = 5000) {
  let runs = 0;
  const run = async () => {
    const outcome = outcomes[runs];
    runs += 1;
    if (outcome instanceof Error) throw outcome;
    return typeof outcome === 'function' ? outcome() : outcome;
  };
  try {
    return { value: await retry(new Patience(milliseconds, new TestTimer()), again, run), runs };
  } catch (error) {
    return { error, runs };
  }
}

test('work runs again after a conflict', async () => {
  const outcomes = [new ConflictError([]), new ConflictError([]), 7];
  assert.deepEqual(await settle(AFTER_CONFLICT, outcomes), { value: 7, runs: 3 });
});

test('without patience the first conflict is thrown', async () => {
  const conflict = new ConflictError([]);
  assert.deepEqual(await settle(AFTER_CONFLICT, [conflict, 7], 0), { error: conflict, runs: 1 });
});

test('work never runs again when the outcome is unknown', async () => {
  const unknown = new OutcomeUnknownError([]);
  for (const again of [AFTER_CONFLICT, AFTER_CONFLICT_OR_END]) {
    assert.deepEqual(await settle(again, [unknown, 7]), { error: unknown, runs: 1 });
  }
});

test("only a visitor's work runs again after the session ended", async () => {
  for (const end of [new GoneError([]), new EndedError([])]) {
    assert.deepEqual(await settle(AFTER_CONFLICT_OR_END, [end, 7]), { value: 7, runs: 2 });
    assert.deepEqual(await settle(AFTER_CONFLICT, [end, 7]), { error: end, runs: 1 });
  }
});

test('an error of the work itself is final, also a conflict', async () => {
  const conflict = new ConflictError([]);
  const work = () =>
    runWork(() => {
      throw conflict;
    });
  assert.deepEqual(await settle(AFTER_CONFLICT, [work, 7]), { error: conflict, runs: 1 });
  assert.deepEqual(await settle(AFTER_CONFLICT, [() => runWork(async () => 7)]), { value: 7, runs: 1 });
});
