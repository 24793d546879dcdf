// The top of the page: how the server is, what it is, and the figures to look at first.

import { setAttribute, setText } from "./dom.js";
import { age, bytes, duration, moment, number, percent, perSecond } from "./format.js";

/** The time that the figures cover, in milliseconds. */
const SPAN = 10_000;

const SIGNS = { connecting: "…", lost: "✕", "not-ready": "✕", trouble: "!", serving: "✓" };

const element = (id) => document.getElementById(id);

/** Shows a headline (see `state.js`), in the page and in the title of its tab. */
export function drawHeadline({ kind, title, detail }) {
  setAttribute(document.documentElement, "data-state", kind);
  setText(element("sign"), SIGNS[kind]);
  setText(element("state"), title);
  setText(element("detail"), detail);
  if (document.title !== `${title} · lovely-session`) document.title = `${title} · lovely-session`;
}

/** Shows what a server is and since when it runs; `now` is the server's time in milliseconds. */
export function drawFacts(status, reading, now) {
  const started = Number(status.started) * 1000;
  const facts = {
    application: String(status.application ?? "–"),
    version: String(status.version ?? "–"),
    addresses: (status.addresses ?? []).join(", "),
    "store-url": String(status.store ?? "–"),
    started: `${moment(started, now)}, ${age(now - started)} ago`,
    loaded: loads(reading.loaded),
  };
  for (const [id, text] of Object.entries(facts)) setText(element(id), text);
}

function loads({ compiled = 0, cache = 0 }) {
  const ways = [compiled > 0 && `${number(compiled)} compiled`, cache > 0 && `${number(cache)} from the code cache`];
  return ways.filter(Boolean).join(", ") || "–";
}

/** Shows the figures to look at first, of the last 10 s of a history. */
export function drawKeyFigures({ history, limits }) {
  const rate = (key) => history.rate(key, SPAN);
  const figure = (key) => history.last?.figures.get(key) ?? NaN;
  const most = limits.get("--max-requests");
  const errors = rate("5xx") / rate("requests");
  const conflicts = rate("conflict") / rate("commits");
  const texts = {
    "key-requests": perSecond(rate("requests")),
    "key-errors": percent(errors),
    "key-latency": duration(figure("request/p99")),
    "key-running": most === undefined ? number(figure("running")) : `${number(figure("running"))} of ${number(most)}`,
    "key-commits": perSecond(rate("commits")),
    "key-conflicts": percent(conflicts),
    "key-instances": perSecond(rate("instances")),
    "key-memory": bytes(figure("memory")),
  };
  for (const [id, text] of Object.entries(texts)) setText(element(id), text);
  setAttribute(element("key-errors"), "class", errors > 0 ? "alarm" : "");
}
