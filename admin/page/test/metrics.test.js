import assert from "node:assert/strict";
import { test } from "node:test";

import { histogram, labelValues, MetricsError, parseMetrics, total } from "../metrics.js";

const TEXT = `# HELP requests Requests, by the status of the response.
# TYPE requests counter
requests_total{status="200"} 7
requests_total{status="404"} 2

# TYPE memory gauge
memory 1.5e6
# TYPE trip histogram
trip_sum{server="a:1"} 0.25
trip_count{server="a:1"} 4
trip_bucket{le="0.001",server="a:1"} 3
trip_bucket{le="+Inf",server="a:1"} 4 # {trace_id="x"} 0.2
trip_bucket{le="0.001",server="b:1"} 1
trip_bucket{le="+Inf",server="b:1"} 1
# EOF
`;

test("samples are added up by their labels", () => {
  const metrics = parseMetrics(TEXT);
  assert.equal(total(metrics, "requests_total"), 9);
  assert.equal(total(metrics, "requests_total", ({ status }) => status === "404"), 2);
  assert.equal(total(metrics, "memory"), 1_500_000);
});

test("what is not there is undefined, not zero", () => {
  const metrics = parseMetrics(TEXT);
  assert.equal(total(metrics, "evictions_total"), undefined);
  assert.equal(total(metrics, "requests_total", ({ status }) => status === "500"), undefined);
  assert.equal(histogram(metrics, "memory"), undefined);
});

test("a histogram has ascending bounds, of one server or of all", () => {
  const metrics = parseMetrics(TEXT);
  assert.deepEqual(labelValues(metrics, "trip_bucket", "server"), ["a:1", "b:1"]);
  const one = histogram(metrics, "trip", ({ server }) => server === "a:1");
  assert.deepEqual(one, { bounds: [0.001, Infinity], counts: [3, 4] });
  assert.deepEqual(histogram(metrics, "trip").counts, [4, 5]);
});

test("labels may hold quotes, backslashes, braces and line breaks, and names that objects inherit", () => {
  const metrics = parseMetrics('a{server="\\"x\\\\,y\\"}\\n<b>",constructor="c"} 1\n# EOF\n');
  const [{ labels }] = metrics.get("a");
  assert.equal(labels.server, '"x\\,y"}\n<b>');
  assert.equal(labels.constructor, "c");
  assert.equal(labels.toString, undefined);
});

test("exemplars and timestamps are no part of a value", () => {
  const text = 'a_total 5 1795677054 # {trace="x"} 1\nb{c="d"} 6 # {trace="}"} 2\n# EOF';
  const metrics = parseMetrics(text);
  assert.deepEqual([total(metrics, "a_total"), total(metrics, "b")], [5, 6]);
});

test("values that are not finite are known as such", () => {
  const metrics = parseMetrics("a NaN\nb +Inf\nc -Inf\n# EOF");
  assert.deepEqual(["a", "b", "c"].map((name) => total(metrics, name)), [NaN, Infinity, -Infinity]);
});

test("a text that is cut off, and one that is something else, is an error", () => {
  for (const text of ["", TEXT.slice(0, -8), "<!doctype html>\n# EOF", "a one\n# EOF", "a{b=c} 1\n# EOF"]) {
    assert.throws(() => parseMetrics(text), MetricsError, JSON.stringify(text));
  }
});
