// What is plotted: for each plot its series, with the key of the figure and the pen (colour and dash, see page.css).

import { bytes, duration, number, perSecond } from "./format.js";
import { bytesAxis, decimalAxis, logarithmicAxis } from "./scale.js";

const rates = { format: perSecond, axis: (_, most) => decimalAxis(most, 0.1), unit: "a second" };
const counts = { format: number, axis: (_, most) => decimalAxis(most, 1), unit: "" };

/** The plots about requests. */
export const REQUESTS = [
  {
    ...rates,
    title: "Requests that succeeded",
    series: [{ key: "succeeded", name: "2xx, 3xx", pen: "green", area: true }],
  },
  {
    ...rates,
    title: "Requests that failed",
    series: [
      { key: "4xx", name: "4xx", pen: "orange" },
      { key: "5xx", name: "5xx", pen: "red" },
      { key: "disconnected", name: "client left", pen: "grey" },
    ],
  },
  {
    title: "Latency of requests",
    unit: "logarithmic, 10 s a point",
    format: duration,
    axis: (least, most) => logarithmicAxis(least, most),
    observed: "request",
    series: [
      { key: "request/p50", name: "p50", pen: "green", quantile: 0.5 },
      { key: "request/p90", name: "p90", pen: "blue", quantile: 0.9 },
      { key: "request/p99", name: "p99", pen: "orange", quantile: 0.99 },
    ],
  },
  {
    ...counts,
    title: "Requests under way",
    limit: "--max-requests",
    series: [
      { key: "running", name: "running", pen: "green" },
      { key: "waiting", name: "waiting", pen: "orange" },
    ],
  },
  {
    ...counts,
    title: "Connections",
    limit: "--max-connections",
    series: [{ key: "connections", name: "open", pen: "blue", area: true }],
  },
  {
    title: "Memory of the server",
    unit: "resident",
    format: bytes,
    axis: (_, most) => bytesAxis(most),
    series: [{ key: "memory", name: "in use", pen: "purple", area: true }],
  },
];

/** The plots about sessions and their transactions. */
export const SESSIONS = [
  {
    ...rates,
    title: "Commits",
    series: [
      { key: "done", name: "done", pen: "green" },
      { key: "merged", name: "merged", pen: "blue" },
    ],
  },
  {
    ...rates,
    title: "Commits that failed",
    series: [
      { key: "conflict", name: "conflict", pen: "orange" },
      { key: "gone", name: "gone", pen: "blue" },
      { key: "ended", name: "ended", pen: "purple" },
      { key: "unknown", name: "unknown", pen: "grey" },
      { key: "failed", name: "failed", pen: "red" },
    ],
  },
  {
    ...rates,
    title: "Sessions",
    series: [
      { key: "sessions/begun", name: "begun", pen: "green" },
      { key: "sessions/renewed", name: "renewed", pen: "blue" },
      { key: "sessions/ended", name: "ended", pen: "purple" },
      { key: "sessions/refused", name: "refused", pen: "red" },
    ],
  },
  {
    ...rates,
    title: "Contention",
    series: [
      { key: "conflict", name: "conflicts", pen: "orange" },
      { key: "reruns", name: "reruns", pen: "blue" },
      { key: "turn-waits", name: "waits for a turn", pen: "purple" },
      { key: "turn-timeouts", name: "waits given up", pen: "red" },
    ],
  },
  {
    ...counts,
    title: "Busy sessions",
    unit: "whose requests take turns",
    series: [{ key: "busy-sessions", name: "busy", pen: "purple", area: true }],
  },
];
