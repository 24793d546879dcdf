import assert from "node:assert/strict";
import { test } from "node:test";

import { derive } from "../figures.js";
import { History } from "../history.js";
import { headline, numericLimits, serverTime } from "../state.js";
import { readingAt, serverLines } from "./readings.js";

const SINCE = new Date(2026, 10, 26, 14, 2, 11).getTime();
const STATUS = { ready: true, application: "shop.wasm", addresses: ["https://0.0.0.0:8443"], started: 100, limits: [] };

/** The headline after readings of these servers, one a second. */
function headlineOf({ servers = [{}], status = STATUS, why, now = SINCE } = {}) {
  const history = new History();
  servers.forEach((server, second) => history.add(readingAt(second + 1, server), derive));
  const limits = new Map([["--max-requests", 8]]);
  return headline({ connection: { since: SINCE, why }, status, history, limits, now, there: 160_000 });
}

test("a server that serves says what and for how long", () => {
  const expected = { kind: "serving", title: "Serving", detail: "shop.wasm on https://0.0.0.0:8443, up for 1 min." };
  assert.deepEqual(headlineOf(), expected);
});

test("before the first answer the page says that it asks", () => {
  assert.equal(headlineOf({ servers: [], status: null }).kind, "connecting");
});

test("a server that is not ready says why", () => {
  const { kind, title, detail } = headlineOf({ status: { ...STATUS, ready: false, not_ready: "the store is away" } });
  assert.deepEqual([kind, title, detail], ["not-ready", "Not ready", "the store is away"]);
});

test("a lost connection comes first, with its time, its length and its reason", () => {
  const { kind, title, detail } = headlineOf({ why: "it cannot be reached", now: SINCE + 12_000 });
  assert.deepEqual([kind, title], ["lost", "Lost the connection at 14:02:11"]);
  assert.match(detail, /^For 12 s: it cannot be reached\./);
});

test("a page that never had a connection does not speak of what it shows", () => {
  const { title, detail } = headlineOf({ servers: [], status: null, why: "it cannot be reached" });
  assert.equal(title, "No connection to the server");
  assert.doesNotMatch(detail, /from before/);
});

test("a memcached server that is away is named", () => {
  const more = serverLines({ "a:1": {}, "b:1": { up: 0 } });
  const { kind, title, detail } = headlineOf({ servers: [{ more }] });
  assert.deepEqual([kind, title], ["trouble", "Serving, but 1 of 2 memcached servers is away"]);
  assert.match(detail, /b:1/);
  assert.doesNotMatch(detail, /a:1/);
});

test("requests that fail are trouble from one in a hundred on", () => {
  const after = (failed) => headlineOf({ servers: [{ requests: 0 }, { requests: 1000, failed }] });
  assert.equal(after(9).kind, "serving");
  assert.deepEqual([after(10).kind, after(10).title], ["trouble", "Serving, but requests fail"]);
});

test("a server at its limit with requests that wait is in trouble", () => {
  assert.equal(headlineOf({ servers: [{ running: 8, waiting: 0 }] }).kind, "serving");
  assert.equal(headlineOf({ servers: [{ running: 8, waiting: 2 }] }).title, "Serving at its limit");
});

test("the title does not change with the figures, so that it is announced once", () => {
  const titles = [20, 300].map((failed) => headlineOf({ servers: [{ requests: 0 }, { requests: 1000, failed }] }).title);
  assert.equal(titles[0], titles[1]);
});

test("limits that are plain numbers can be compared with figures", () => {
  const limits = [["--max-requests", "128"], ["--timeout", "30 s"], ["--max-memory", "64MiB"]];
  const status = { limits: limits.map(([name, value]) => ({ name, value })) };
  assert.deepEqual([...numericLimits(status)], [["--max-requests", 128]]);
  assert.equal(numericLimits(undefined).size, 0);
});

test("ages go by the server's clock if it differs", () => {
  assert.equal(serverTime(5_000, 6_500), 6_500);
  assert.equal(serverTime(5_000, 60_000), 5_000);
  assert.equal(serverTime(NaN, 60_000), 60_000);
});
