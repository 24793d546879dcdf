import assert from "node:assert/strict";
import { test } from "node:test";

import { age, bytes, duration, moment, number, percent, perSecond, timeOfDay } from "../format.js";

function texts(format, ...values) {
  return values.map((value) => format(value));
}

test("numbers have three digits that matter", () => {
  const expected = ["0", "0.05", "0.5", "1.23", "12.3", "123", "1,235", "123,457", "1.23 M", "12.3 M"];
  assert.deepEqual(texts(number, 0, 0.05, 0.5, 1.2345, 12.345, 123.45, 1234.5, 123456.7, 1234567, 12345678), expected);
  assert.equal(number(0.00001), "< 0.001");
});

test("what is unknown is a dash in every unit", () => {
  for (const format of [number, perSecond, bytes, duration, percent]) assert.deepEqual(texts(format, NaN), ["–"]);
});

test("values have units that people can read", () => {
  assert.deepEqual(texts(perSecond, 0, 412.3), ["0", "412/s"]);
  assert.deepEqual(texts(bytes, 0, 512, 1024, 64 * 1024 ** 2, 1.5 * 1024 ** 3), ["0", "512 B", "1 KiB", "64 MiB", "1.5 GiB"]);
  assert.deepEqual(texts(duration, 0.00012, 0.0123, 0.5, 1.5, 20), ["120 µs", "12.3 ms", "500 ms", "1.5 s", "20 s"]);
  assert.deepEqual(texts(percent, 0, 0.00001, 0.0123, 0.9999, 1), ["0 %", "< 0.01 %", "1.23 %", "> 99.9 %", "100 %"]);
});

test("no value is rounded into the next unit", () => {
  assert.deepEqual(texts(duration, 0.0009999, 0.99999), ["1 ms", "1 s"]);
  assert.deepEqual(texts(number, 99.96, 999.6, 9.996), ["100", "1,000", "10"]);
});

test("ages have their one or two largest units", () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const ages = texts(age, -5, 12 * second, 90 * second, 5 * minute + second, 2 * hour, 2 * hour + 14 * minute, 3 * day + 4 * hour);
  assert.deepEqual(ages, ["0 s", "12 s", "1 min 30 s", "5 min", "2 h", "2 h 14 min", "3 d 4 h"]);
});

test("a moment of another day has its date", () => {
  const at = new Date(2026, 10, 26, 9, 5, 7).getTime();
  assert.equal(timeOfDay(at), "09:05:07");
  assert.equal(moment(at, at + 3_600_000), "09:05:07");
  assert.equal(moment(at, at + 86_400_000), "2026-11-26 09:05:07");
});
