import assert from "node:assert/strict";
import { test } from "node:test";

import { REQUESTS, SESSIONS } from "../catalogue.js";
import { containerKey, derive, read, serverKey } from "../figures.js";
import { History } from "../history.js";
import { parseMetrics } from "../metrics.js";
import { readingAt, serverLines } from "./readings.js";

/** A history of readings of these servers, one a second. */
function historyOf(...servers) {
  const history = new History();
  servers.forEach((server, second) => history.add(readingAt(second + 1, server), derive));
  return history;
}

test("requests are told apart by their status", () => {
  const before = 'lovely_session_requests_total{status="404"} 1\nlovely_session_requests_total{status="disconnected"} 2';
  const { counters } = readingAt(1, { requests: 10, failed: 3, more: before });
  const of = (key) => counters.get(key);
  assert.deepEqual([of("requests"), of("succeeded"), of("4xx"), of("5xx"), of("disconnected")], [13, 7, 1, 3, 2]);
});

test("quantiles are those of the last ten seconds", () => {
  const history = historyOf({ requests: 0 }, { requests: 10 });
  assert.ok(Math.abs(history.last.figures.get("request/p50") - 0.003) < 1e-9);
  for (let second = 3; second <= 20; second += 1) history.add(readingAt(second, { requests: 10 }), derive);
  assert.equal(history.last.figures.get("request/p50"), NaN, "nothing was requested in these");
});

test("a counter that appears has grown from zero", () => {
  const conflict = 'lovely_session_commits_total{container="cart",outcome="conflict"} 3';
  const history = historyOf({}, { more: conflict });
  assert.equal(history.last.figures.get("conflict"), 3);
});

test("what memcached does not tell while it is away is unknown", () => {
  const server = (figures) => ({ more: serverLines({ "a:1": figures }) });
  const history = historyOf(server({ hits: 90, misses: 10 }), server({ up: 0, errors: 4 }), server({ hits: 5, misses: 0 }));
  assert.deepEqual(history.last.servers, ["a:1"]);
  assert.deepEqual(history.series(serverKey("a:1", "hits")), [NaN, NaN, NaN]);
  assert.deepEqual(history.series(serverKey("a:1", "up")), [1, 0, 1]);
  assert.equal(history.moments[1].figures.get(serverKey("a:1", "errors")), 4);
});

test("with sessions in memory there are no servers", () => {
  assert.deepEqual(readingAt(1, {}).servers, []);
});

test("figures are kept of at most 32 servers and of the 50 containers with the most commits", () => {
  const servers = serverLines(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`s${i}:1`, {}])));
  const commits = Array.from({ length: 100 }, (_, i) => {
    return `lovely_session_commits_total{container="c${i}",outcome="done"} ${i}`;
  });
  const reading = readingAt(1, { more: [servers, ...commits].join("\n") });
  assert.equal(reading.servers.length, 32);
  assert.equal(reading.containers.length, 50);
  assert.equal(reading.containers[0], "c99");
  assert.ok(reading.counters.size < 300, `${reading.counters.size}`);
});

test("commits that changed nothing count as failed in their container", () => {
  const commits = ["done", "merged", "conflict", "unknown"].map((outcome) => {
    return `lovely_session_commits_total{container="cart",outcome="${outcome}"} 2`;
  });
  const { counters } = readingAt(1, { more: commits.join("\n") });
  assert.equal(counters.get(containerKey("cart", "commits")), 8);
  assert.equal(counters.get(containerKey("cart", "failed")), 4);
});

test("a server called like a figure is not taken for it", () => {
  const history = historyOf({ more: serverLines({ p50: { trips: 1 }, "trips/p50": { trips: 2 } }) });
  assert.equal(history.last.counters.get(serverKey("p50", "trips")), 1);
  assert.equal(history.last.counters.get(serverKey("trips/p50", "trips")), 2);
});

test("every figure that is plotted is read", () => {
  const gauges = ["requests_running", "requests_waiting", "connections", "busy_sessions"];
  const lines = gauges.map((name) => `lovely_session_${name} 1`);
  const buckets = ["0.1", "+Inf"].map((le) => `lovely_session_request_duration_seconds_bucket{le="${le}"} 1`);
  const metrics = parseMetrics([...lines, ...buckets, "process_resident_memory_bytes 1", "# EOF"].join("\n"));
  const history = new History();
  history.add(read(metrics, 1, 1), derive);
  for (const { key } of [...REQUESTS, ...SESSIONS].flatMap(({ series }) => series)) {
    assert.ok(history.last.figures.has(key), key);
  }
});
