import assert from "node:assert/strict";
import { test } from "node:test";

import { age, bytes, duration, number, percent, perSecond } from "../format.js";

/** Asserts what a format makes of values. */
function assertFormats(format, expected) {
  for (const [value, text] of expected) assert.equal(format(value), text, `${format.name}(${value})`);
}

test("numbers have three digits that matter", () => {
  assertFormats(number, [
    [0, "0"],
    [0.0004, "< 0.001"],
    [0.0123, "0.012"],
    [1.234, "1.23"],
    [12.34, "12.3"],
    [99.97, "100"],
    [184_233, "184,233"],
    [1_234_567, "1.23 M"],
    [NaN, "–"],
    [undefined, "–"],
  ]);
});

test("rates, sizes, durations and shares have units", () => {
  assertFormats(perSecond, [[0, "0"], [12.34, "12.3/s"], [NaN, "–"]]);
  assertFormats(bytes, [[0, "0"], [512, "512 B"], [1536, "1.5 KiB"], [64 * 2 ** 20, "64 MiB"], [NaN, "–"]]);
  assertFormats(duration, [[0, "0"], [0.000_18, "180 µs"], [0.0123, "12.3 ms"], [0.9996, "1 s"], [NaN, "–"]]);
  assertFormats(duration, [[20, "20 s"]]);
});

test("a share is never rounded to nothing or to all", () => {
  assertFormats(percent, [[0, "0 %"], [0.000_01, "< 0.01 %"], [0.5, "50 %"], [0.9999, "> 99.9 %"]]);
  assertFormats(percent, [[1, "100 %"], [NaN, "–"]]);
});

test("an age is told in its largest units", () => {
  const [second, minute, hour] = [1000, 60_000, 3_600_000];
  assertFormats(age, [
    [-5, "0 s"],
    [59 * second, "59 s"],
    [90 * second, "1 min 30 s"],
    [17 * minute + second, "17 min"],
    [2 * hour + 5 * minute, "2 h 5 min"],
    [49 * hour, "2 d 1 h"],
  ]);
});
