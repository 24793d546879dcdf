import assert from "node:assert/strict";
import { test } from "node:test";

import { derive, read } from "../figures.js";
import { History } from "../history.js";
import { parseMetrics } from "../metrics.js";
import { headline, numericLimits, serverState, serverTime } from "../state.js";

const NOW = Date.UTC(2026, 0, 1, 12);
const READY = { application: "/srv/shop.wasm", addresses: ["http://[::]:80"], started: NOW / 1000 - 7200, ready: true };

const server = (name, up, told) =>
  `lovely_session_store_server_up{server="${name}"} ${up}\n` +
  (told ? `lovely_session_memcached_limit_bytes{server="${name}"} 1\n` : "");

/** Readings of a server, one a second. */
function history(...texts) {
  const all = new History();
  texts.forEach((text, n) => all.add(read(parseMetrics(`${text}\n# EOF`), NOW + n * 1000, n * 1000), derive));
  return all;
}

function told(changes = {}) {
  const connection = { since: NOW };
  const known = { connection, status: READY, history: history(""), limits: new Map(), now: NOW, there: NOW };
  return headline({ ...known, ...changes });
}

test("a server that is well is serving", () => {
  const { kind, title, detail } = told();
  assert.deepEqual([kind, title], ["serving", "Serving"]);
  assert.equal(detail, "shop.wasm on http://[::]:80, up for 2 h.");
});

test("the title does not change with the figures, so that a screen reader says it once", () => {
  const counts = (good, bad) =>
    `lovely_session_requests_total{status="200"} ${good}\nlovely_session_requests_total{status="503"} ${bad}`;
  const [few, many] = [5, 90].map((bad) => told({ history: history(counts(0, 0), counts(100, bad)) }));
  assert.equal(few.title, many.title);
  assert.notEqual(few.detail, many.detail);
});

test("a page that never had a connection does not speak of what it shows", () => {
  const connection = { since: NOW, why: "it cannot be reached" };
  const { title, detail } = told({ connection, status: undefined, history: new History() });
  assert.equal(title, "No connection to the server");
  assert.doesNotMatch(detail, /from before/);
});

test("before the first answer the page connects", () => {
  assert.equal(told({ status: undefined, history: new History() }).kind, "connecting");
});

test("a lost connection is said, since when and why, and that what is seen is old", () => {
  const { kind, title, detail } = told({ connection: { since: NOW - 90_000, why: "it cannot be reached" } });
  assert.equal(kind, "lost");
  assert.match(title, /^Lost the connection at \d\d:\d\d:30$/);
  assert.match(detail, /^For 1 min 30 s: it cannot be reached\. What you see is from before\./);
});

test("a server that is not ready says why", () => {
  const status = { ...READY, ready: false, not_ready: "the store is away; start it" };
  const { kind, title, detail } = told({ status });
  assert.deepEqual([kind, title, detail], ["not-ready", "Not ready", "The store is away; start it."]);
});

test("a memcached server that is away is counted, whether the server is ready or not", () => {
  const away = history(server("a:1", 1, true) + server("b:1", 0, false));
  assert.equal(told({ history: away }).title, "Serving, but 1 of 2 memcached servers is away");
  assert.match(told({ history: away }).detail, /kept on b:1 cannot be used until it is back/);
  const status = { ...READY, ready: false, not_ready: "b:1 does not reply" };
  assert.equal(told({ history: away, status }).title, "Not ready: 1 of 2 memcached servers is away");
  const all = history(server("a:1", 0, false) + server("b:1", 0, false));
  assert.equal(told({ history: all }).title, "Serving, but 2 of 2 memcached servers are away");
});

test("a memcached server that tells about itself again is back, though no call has needed it yet", () => {
  const { last } = history(server("a:1", 1, true) + server("b:1", 0, true) + server("c:1", 0, false));
  assert.deepEqual(["a:1", "b:1", "c:1"].map((name) => serverState(last, name)), ["up", "back", "away"]);
  assert.equal(told({ history: history(server("b:1", 0, true)) }).kind, "serving");
});

test("a server of which too many requests fail is in trouble", () => {
  const counts = (good, bad) =>
    `lovely_session_requests_total{status="200"} ${good}\nlovely_session_requests_total{status="503"} ${bad}`;
  assert.equal(told({ history: history(counts(0, 0), counts(100, 5)) }).title, "Serving, but requests fail");
  assert.equal(told({ history: history(counts(0, 0), counts(1000, 1)) }).kind, "serving");
  assert.equal(told({ history: history(counts(0, 9), counts(100, 9)) }).kind, "serving", "failures of before");
});

test("a server whose slots are all taken while requests wait is at its limit", () => {
  const load = (running, waiting) =>
    history(`lovely_session_requests_running ${running}\nlovely_session_requests_waiting ${waiting}`);
  const limits = new Map([["--max-requests", 8]]);
  assert.equal(told({ history: load(8, 2), limits }).title, "Serving at its limit");
  assert.equal(told({ history: load(8, 0), limits }).kind, "serving");
  assert.equal(told({ history: load(8, 2) }).kind, "serving", "the limit is not known");
});

test("only limits that are plain numbers can be drawn", () => {
  const limits = [
    { name: "--max-requests", value: "128" },
    { name: "--timeout", value: "30 s" },
  ];
  assert.deepEqual([...numericLimits({ limits })], [["--max-requests", 128]]);
  assert.deepEqual([...numericLimits({})], []);
});

test("the server's clock counts if it differs", () => {
  assert.equal(serverTime(NOW - 60_000, NOW), NOW - 60_000);
  assert.equal(serverTime(NOW - 900, NOW), NOW);
  assert.equal(serverTime(NaN, NOW), NOW);
});
