import assert from "node:assert/strict";
import { test } from "node:test";

import { containerKey, derive, read, serverKey } from "../figures.js";
import { History } from "../history.js";
import { parseMetrics } from "../metrics.js";

/** The metrics of a server: of so many requests, and with or without a memcached server that replies. */
function metrics({ requests = 0, conflicts = 0, up = 1 } = {}) {
  const known = up ? 'lovely_session_memcached_hits_total{server="a:1"} 5\n' : "";
  return parseMetrics(`lovely_session_requests_total{status="200"} ${requests}
lovely_session_requests_total{status="503"} 1
lovely_session_requests_total{status="disconnected"} 2
lovely_session_request_duration_seconds_bucket{le="0.01"} ${requests}
lovely_session_request_duration_seconds_bucket{le="+Inf"} ${requests}
lovely_session_requests_running 3
lovely_session_commits_total{container="cart",outcome="done"} ${requests}
lovely_session_commits_total{container="cart",outcome="conflict"} ${conflicts}
lovely_session_commits_total{container="login",outcome="done"} 1
lovely_session_store_server_up{server="a:1"} ${up}
${known}process_start_time_seconds 1
# EOF`);
}

function history(...all) {
  const result = new History();
  all.forEach((each, second) => result.add(read(metrics(each), second * 1000, second * 1000), derive));
  return result;
}

test("counters become rates, and gauges stay what they are", () => {
  const { last } = history({ requests: 10 }, { requests: 30, conflicts: 4 });
  const values = ["requests", "succeeded", "5xx", "disconnected", "commits", "done", "conflict", "running"];
  assert.deepEqual(values.map((key) => last.figures.get(key)), [20, 20, 0, 0, 24, 20, 4, 3]);
});

test("a counter without a sample is zero, so that its first growth is seen", () => {
  const reading = read(metrics(), 0, 0);
  assert.equal(reading.counters.get("reruns"), 0);
  assert.equal(reading.counters.get(serverKey("a:1", "errors")), 0);
});

test("the first moment has no rates", () => {
  assert.equal(history({ requests: 10 }).last.figures.get("requests"), NaN);
});

test("latencies come from what was observed in the last ten seconds", () => {
  const { last } = history({ requests: 10 }, { requests: 20 });
  assert.equal(last.figures.get("request/p50"), 0.005);
  assert.equal(history({ requests: 10 }, { requests: 10 }).last.figures.get("request/p50"), NaN);
});

test("what a memcached server told is unknown while it is away, and does not jump when it is back", () => {
  const all = history({}, { up: 0 }, {}, {});
  const series = all.series(serverKey("a:1", "hits"));
  assert.deepEqual(series, [NaN, NaN, NaN, 0]);
});

test("containers are ordered by their commits", () => {
  const reading = read(metrics({ requests: 10, conflicts: 5 }), 0, 0);
  assert.deepEqual(reading.containers, ["cart", "login"]);
  assert.equal(reading.counters.get(containerKey("cart", "commits")), 15);
  assert.equal(reading.counters.get(containerKey("cart", "failed")), 5);
});

test("the figures are bounded, however many servers and containers there are", () => {
  const lines = Array.from({ length: 1000 }, (_, n) => {
    const commits = `lovely_session_commits_total{container="${n}",outcome="done"} 1`;
    return `lovely_session_store_server_up{server="${n}"} 1\n${commits}`;
  });
  const reading = read(parseMetrics(`${lines.join("\n")}\n# EOF`), 0, 0);
  assert.deepEqual([reading.servers.length, reading.containers.length], [32, 50]);
});

test("a server without memcached has no servers", () => {
  assert.deepEqual(read(parseMetrics("# EOF"), 0, 0).servers, []);
});
