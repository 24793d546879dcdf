// Which figures the page takes from the metrics, under which keys. Pure.

import { histogramGrowth, quantile } from "./growth.js";
import { rateIn } from "./history.js";
import { histogram, labelValues, samples, total } from "./metrics.js";

/** The time that a point of a latency covers, in milliseconds: one second of little traffic says too little. */
export const LATENCY_SPAN = 10_000;

/** The quantiles that are shown, by the end of their figure's key. */
export const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99 };

/** The most servers, and the most containers, that the page keeps figures of. */
const MOST_SERVERS = 32;
const MOST_CONTAINERS = 50;

const PREFIX = "lovely_session_";
const GOOD_OUTCOMES = ["done", "merged"];

const status = (digits) => (labels) => digits.includes((labels.status ?? "")[0]);
const outcome = (name) => (labels) => labels.outcome === name;
const event = (name) => (labels) => labels.event === name;

/** Counters of the server itself: key, name without prefix and `_total`, and the labels wanted. */
const COUNTERS = [
  ["requests", "requests"],
  ["succeeded", "requests", status("123")],
  ["4xx", "requests", status("4")],
  ["5xx", "requests", status("5")],
  ["disconnected", "requests", (labels) => labels.status === "disconnected"],
  ["instances", "instances"],
  ["commits", "commits"],
  ...["done", "merged", "conflict", "gone", "ended", "unknown", "failed"].map((it) => [it, "commits", outcome(it)]),
  ...["begun", "renewed", "ended", "refused"].map((it) => [`sessions/${it}`, "session_events", event(it)]),
  ["reruns", "reruns"],
  ["turn-waits", "turn_waits"],
  ["turn-timeouts", "turn_wait_timeouts"],
];

const GAUGES = [
  ["running", `${PREFIX}requests_running`],
  ["waiting", `${PREFIX}requests_waiting`],
  ["connections", `${PREFIX}connections`],
  ["busy-sessions", `${PREFIX}busy_sessions`],
  ["memory", "process_resident_memory_bytes"],
];

/** Figures of a store server; the counters that memcached keeps are unknown while it is away. */
const SERVER_COUNTERS = [
  ["trips", "store_round_trips_total", 0],
  ["errors", "store_errors_total", 0],
  ["hits", "memcached_hits_total"],
  ["misses", "memcached_misses_total"],
  ["evictions", "memcached_evictions_total"],
];
const SERVER_GAUGES = [
  ["up", "store_server_up"],
  ["items", "memcached_items"],
  ["bytes", "memcached_bytes"],
  ["limit-bytes", "memcached_limit_bytes"],
  ["connections", "memcached_connections"],
  ["max-connections", "memcached_max_connections"],
];

/** The key of a figure of a store server. */
export function serverKey(server, figure) {
  return `server/${figure}/${server}`;
}

/** The key of a figure of a container. */
export function containerKey(container, figure) {
  return `container/${figure}/${container}`;
}

/** Takes a reading of parsed metrics. `at` is the time of day and `clock` a monotonic time, both in milliseconds. */
export function read(metrics, at, clock) {
  const reading = { at, clock, counters: new Map(), gauges: new Map(), histograms: new Map() };
  reading.started = total(metrics, "process_start_time_seconds");
  for (const [key, name, wanted] of COUNTERS) {
    reading.counters.set(key, total(metrics, `${PREFIX}${name}_total`, wanted) ?? 0);
  }
  for (const [key, name] of GAUGES) setKnown(reading.gauges, key, total(metrics, name));
  setKnown(reading.histograms, "request", histogram(metrics, `${PREFIX}request_duration_seconds`));
  reading.servers = labelValues(metrics, `${PREFIX}store_server_up`, "server").slice(0, MOST_SERVERS);
  for (const server of reading.servers) readServer(metrics, server, reading);
  reading.containers = readContainers(metrics, reading.counters);
  reading.loaded = Object.fromEntries(
    samples(metrics, `${PREFIX}applications_loaded_total`).map(({ labels, value }) => [labels.source, value]),
  );
  return reading;
}

function readServer(metrics, server, { counters, gauges, histograms }) {
  const wanted = (labels) => labels.server === server;
  for (const [figure, name, absent] of SERVER_COUNTERS) {
    setKnown(counters, serverKey(server, figure), total(metrics, PREFIX + name, wanted) ?? absent);
  }
  for (const [figure, name] of SERVER_GAUGES) {
    setKnown(gauges, serverKey(server, figure), total(metrics, PREFIX + name, wanted));
  }
  const trips = histogram(metrics, `${PREFIX}store_round_trip_duration_seconds`, wanted);
  setKnown(histograms, serverKey(server, "trip"), trips);
}

/** Notes the commits of the containers with the most of them, and returns their names. */
function readContainers(metrics, counters) {
  const all = new Map();
  for (const { labels, value } of samples(metrics, `${PREFIX}commits_total`)) {
    const counts = all.get(labels.container) ?? { commits: 0, failed: 0 };
    counts.commits += value;
    if (!GOOD_OUTCOMES.includes(labels.outcome)) counts.failed += value;
    all.set(labels.container, counts);
  }
  const most = [...all].sort(([, one], [, other]) => other.commits - one.commits).slice(0, MOST_CONTAINERS);
  for (const [container, { commits, failed }] of most) {
    counters.set(containerKey(container, "commits"), commits);
    counters.set(containerKey(container, "failed"), failed);
  }
  return most.map(([container]) => container);
}

function setKnown(figures, key, value) {
  if (value !== undefined) figures.set(key, value);
}

/**
 * The figures of the newest moment, by key: gauges as they are, counters as their growth a second since the moment
 * before, and the quantiles of a histogram as `KEY/p50`, `KEY/p90` and `KEY/p99`.
 */
export function derive(history, moment) {
  const figures = new Map(moment.gauges);
  const before = history.moments.at(-2);
  const pair = before?.run === moment.run ? [before, moment] : [moment];
  for (const key of moment.counters.keys()) figures.set(key, rateIn(pair, key));
  const [first] = history.recent(LATENCY_SPAN);
  for (const [key, now] of moment.histograms) {
    const grown = first === moment ? undefined : histogramGrowth(first.histograms.get(key), now);
    for (const [name, q] of Object.entries(QUANTILES)) figures.set(`${key}/${name}`, quantile(grown, q));
  }
  return figures;
}
