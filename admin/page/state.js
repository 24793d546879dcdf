// What the headline says: how the server is, in words. Pure.

import { age, number, percent, timeOfDay } from "./format.js";
import { serverKey } from "./figures.js";

/** The share of requests that fail (5xx), from which on the headline says so. */
const MANY_FAILURES = 0.01;

/** The time over which requests are judged, in milliseconds. */
const JUDGED = 10_000;

/**
 * The headline of a server: its `kind` (`connecting`, `lost`, `not-ready`, `trouble` or `serving`), a `title`, which
 * changes only when the state does, and a `detail`. `now` is the time of day here, and `there` that of the server.
 *
 * `connection` is `{ since, why }`, where `why` is the reason if the connection is lost.
 */
export function headline({ connection, status, history, limits, now, there }) {
  if (connection.why !== undefined) return lost(connection, status, now);
  if (!status) return { kind: "connecting", title: "Connecting", detail: "Asking the server for its figures." };
  const away = serversAway(history);
  if (!status.ready) return notReady(status, away);
  const trouble = away ? servingWithout(away) : (failing(history) ?? full(history, limits));
  if (trouble) return { kind: "trouble", ...trouble };
  return { kind: "serving", title: "Serving", detail: serving(status, there) };
}

function lost({ since, why }, status, now) {
  const again = "The page tries again every second.";
  if (!status) {
    const detail = `Since ${timeOfDay(since)}: ${why}. ${again}`;
    return { kind: "lost", title: "No connection to the server", detail };
  }
  const title = `Lost the connection at ${timeOfDay(since)}`;
  return { kind: "lost", title, detail: `For ${age(now - since)}: ${why}. What you see is from before. ${again}` };
}

function serving({ application, addresses, started }, there) {
  const where = Array.isArray(addresses) && addresses.length > 0 ? ` on ${addresses.join(", ")}` : "";
  return `${fileName(String(application))}${where}, up for ${age(there - started * 1000)}.`;
}

function fileName(path) {
  return path.split(/[\\/]/).at(-1);
}

function notReady({ not_ready: reason }, away) {
  const title = away ? `Not ready: ${away.said}` : "Not ready";
  return { kind: "not-ready", title, detail: sentence(text(reason, "it gives no reason")) };
}

/** The servers that are away, and how many of all that is in words; `undefined` if there are none. */
function serversAway({ last }) {
  const servers = last?.servers ?? [];
  const away = servers.filter((server) => serverState(last, server) === "away");
  const many = away.length > 1;
  const said = `${away.length} of ${servers.length} memcached servers ${many ? "are" : "is"} away`;
  return away.length > 0 ? { names: away.join(", "), many, said } : undefined;
}

function servingWithout({ names, many, said }) {
  const detail = `Sessions that are kept on ${names} cannot be used until ${many ? "they are" : "it is"} back.`;
  return { title: `Serving, but ${said}`, detail };
}

function failing(history) {
  const share = history.rate("5xx", JUDGED) / history.rate("requests", JUDGED);
  if (!(share >= MANY_FAILURES)) return undefined;
  const detail = `${percent(share)} of the requests of the last 10 s ended with 5xx. See the last errors below.`;
  return { title: "Serving, but requests fail", detail };
}

function full({ last }, limits) {
  const [running, waiting] = ["running", "waiting"].map((key) => last?.gauges.get(key));
  const most = limits.get("--max-requests");
  if (!(running >= most && waiting > 0)) return undefined;
  const allowed = `${number(running)} requests run, as many as --max-requests allows`;
  const detail = `${allowed}; ${number(waiting)} wait for a slot.`;
  return { title: "Serving at its limit", detail };
}

/**
 * The state of a server at a moment: `up`; `away`, as the calls that need it failed; or `back`, if it told about itself
 * since, and no call has needed it yet.
 */
export function serverState({ gauges }, server) {
  if (gauges.get(serverKey(server, "up")) !== 0) return "up";
  return gauges.has(serverKey(server, "limit-bytes")) ? "back" : "away";
}

/** The limits of a status whose values are plain numbers, by name. */
export function numericLimits(status) {
  const limits = new Map();
  for (const { name, value } of status?.limits ?? []) {
    if (/^\d+$/.test(value)) limits.set(name, Number(value));
  }
  return limits;
}

/**
 * The server's time of day in milliseconds, for ages: by its `Date` header, if the two clocks differ by more than the
 * second that the header is rounded to.
 */
export function serverTime(date, now) {
  return Math.abs(date - now) > 2000 ? date : now;
}

function sentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
}

function text(value, otherwise) {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
