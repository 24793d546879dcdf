import assert from "node:assert/strict";
import { test } from "node:test";

import { histogram, labelValues, MetricsError, parseMetrics, samples, total } from "../metrics.js";

const TEXT = `# HELP requests Requests, by the status of the response.
# TYPE requests counter
requests_total{status="200"} 7
requests_total{status="503"} 2
# TYPE seconds histogram
seconds_sum 1.5
seconds_count 10
seconds_bucket{le="0.1"} 4
seconds_bucket{le="+Inf"} 10
seconds_bucket{le="1.0"} 9
started_seconds 1795677054.25
# EOF
`;

test("the samples of a name are summed up by their labels", () => {
  const metrics = parseMetrics(TEXT);
  assert.equal(total(metrics, "requests_total"), 9);
  assert.equal(total(metrics, "requests_total", ({ status }) => status === "503"), 2);
  assert.equal(total(metrics, "started_seconds"), 1795677054.25);
  assert.deepEqual(labelValues(metrics, "requests_total", "status"), ["200", "503"]);
});

test("what is not there is unknown and not zero", () => {
  const metrics = parseMetrics(TEXT);
  assert.equal(total(metrics, "connections"), undefined);
  assert.equal(total(metrics, "requests_total", ({ status }) => status === "404"), undefined);
  assert.equal(histogram(metrics, "minutes"), undefined);
  assert.deepEqual(samples(metrics, "connections"), []);
});

test("a histogram has its buckets in order", () => {
  const expected = { bounds: [0.1, 1, Infinity], counts: [4, 9, 10] };
  assert.deepEqual(histogram(parseMetrics(TEXT), "seconds"), expected);
});

test("histograms with different labels are added up", () => {
  const text = ["a", "b"].map((it) => `s_bucket{server="${it}",le="1"} 1\ns_bucket{server="${it}",le="+Inf"} 3\n`);
  const metrics = parseMetrics(`${text.join("")}# EOF\n`);
  assert.deepEqual(histogram(metrics, "s"), { bounds: [1, Infinity], counts: [2, 6] });
  assert.deepEqual(histogram(metrics, "s", ({ server }) => server === "b").counts, [1, 3]);
});

test("label values keep quotes, backslashes, line breaks, braces and commas", () => {
  const metrics = parseMetrics(String.raw`up{server="a\"b\\n\n{c},d=\"e\" 7",other="x"} 1` + "\n# EOF\n");
  const [{ labels, value }] = samples(metrics, "up");
  assert.deepEqual({ ...labels }, { server: 'a"b\\n\n{c},d="e" 7', other: "x" });
  assert.equal(value, 1);
});

test("a label named like a property of objects is a label", () => {
  const metrics = parseMetrics('up{server="constructor",__proto__="x"} 1\n# EOF\n');
  assert.deepEqual(labelValues(metrics, "up", "server"), ["constructor"]);
  assert.deepEqual(labelValues(metrics, "up", "__proto__"), ["x"]);
  assert.deepEqual(labelValues(metrics, "up", "toString"), []);
});

test("exemplars and timestamps are no part of a value", () => {
  const metrics = parseMetrics('a_total 5 1795677054 # {trace="x"} 1\nb{c="d"} 6 # {trace="}"} 2\n# EOF');
  assert.equal(total(metrics, "a_total"), 5);
  assert.equal(total(metrics, "b"), 6);
});

test("a text that is cut off is refused", () => {
  assert.throws(() => parseMetrics(TEXT.slice(0, 150)), MetricsError);
  assert.throws(() => parseMetrics(""), MetricsError);
});

test("a text in another format is refused", () => {
  assert.throws(() => parseMetrics("<!doctype html>\n# EOF"), MetricsError);
  assert.throws(() => parseMetrics("requests_total many\n# EOF"), MetricsError);
});
