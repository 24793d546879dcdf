// Readings for tests: what a server's metrics are at a second of a run.

import { read } from "../figures.js";
import { parseMetrics } from "../metrics.js";

const P = "lovely_session_";

/** The parsed text of a server that has served `requests` requests, each in 3 ms, and started at `started`. */
export function metricsOf({ requests = 0, failed = 0, started = 100, running = 0, waiting = 0, more = "" } = {}) {
  return parseMetrics(`${P}requests_total{status="200"} ${requests - failed}
${P}requests_total{status="503"} ${failed}
${P}request_duration_seconds_bucket{le="0.002"} 0
${P}request_duration_seconds_bucket{le="0.004"} ${requests}
${P}request_duration_seconds_bucket{le="+Inf"} ${requests}
${P}requests_running ${running}
${P}requests_waiting ${waiting}
process_start_time_seconds ${started}
${more}
# EOF`);
}

/** A reading at a second. */
export function readingAt(second, server) {
  return read(metricsOf(server), second * 1000, second * 1000);
}

/** Lines of metrics about memcached servers: `{ name: { up, trips, errors, hits, misses } }`. */
export function serverLines(servers) {
  return Object.entries(servers).flatMap(([name, { up = 1, trips = 0, errors, hits, misses }]) => {
    const labels = `server="${name}"`;
    const known = (line, value) => (value === undefined ? [] : [`${P}${line} ${value}`]);
    return [
      `${P}store_server_up{${labels}} ${up}`,
      `${P}store_round_trips_total{${labels}} ${trips}`,
      ...known(`store_errors_total{${labels},reason="refused"}`, errors),
      ...known(`memcached_hits_total{${labels}}`, hits),
      ...known(`memcached_misses_total{${labels}}`, misses),
    ];
  }).join("\n");
}
