// The row of one memcached server.

import { html, setAttribute, setText, svg } from "./dom.js";
import { serverKey } from "./figures.js";
import { bytes, duration, number, percent, perSecond } from "./format.js";
import { linePath, lineParts } from "./scale.js";
import { serverState } from "./state.js";

const SPARK = { width: 110, height: 26 };
const BAR = { width: 110, height: 6 };

/** The share of a limit from which on its bar warns. */
const NEARLY_FULL = 0.9;

/** The time that rates cover, in milliseconds: memcached may be asked for its figures less often than the page is. */
const SPAN = 10_000;

/** What the badge of a state says, and its class. */
const STATES = { up: ["up", "good"], back: ["back, not used yet", "fair"], away: ["away", "bad"] };

/** The columns after the name: the heading, and the class of the cells. */
export const COLUMNS = [
  ["Round trip p50 / p99", "trip"],
  ["Round trips", "trips"],
  ["Errors in 5 min", "errors"],
  ["Hit rate in 5 min", "hits"],
  ["Evictions", "evictions"],
  ["Items", "items"],
  ["Memory", "memory"],
  ["Connections", "connections"],
];

/** The row of a server, in `element`. */
export class ServerRow {
  #server;
  #state = html("span", { class: "badge" });
  #spark = svg("path", { class: "line green" });
  #bars = { memory: new Bar(), connections: new Bar() };
  #texts = Object.fromEntries(COLUMNS.map(([, name]) => [name, html("span")]));

  constructor(server) {
    this.#server = server;
    const pictures = {
      trip: svg("svg", { class: "spark", ...SPARK, "aria-hidden": "true" }, this.#spark),
      memory: this.#bars.memory.element,
      connections: this.#bars.connections.element,
    };
    const cells = COLUMNS.map(([heading, name]) => {
      const picture = pictures[name] ? [pictures[name]] : [];
      return html("td", { "data-heading": heading }, this.#texts[name], ...picture);
    });
    const heading = html("th", { scope: "row" }, html("code", {}, server), " ", this.#state);
    this.element = html("tr", {}, heading, ...cells);
  }

  /** Shows the figures of the newest moment of `view.history`. */
  draw({ history, from, to }) {
    this.#drawState(history.last);
    this.#drawRates(history);
    this.#drawSizes(history.last);
    this.#drawSpark(history, from, to);
  }

  #key(figure) {
    return serverKey(this.#server, figure);
  }

  #set(name, text, alarming = false) {
    setText(this.#texts[name], text);
    setAttribute(this.#texts[name], "class", alarming ? "alarm" : "");
  }

  #drawState(moment) {
    const [text, look] = STATES[serverState(moment, this.#server)];
    setText(this.#state, text);
    setAttribute(this.#state, "class", `badge ${look}`);
    const trip = (quantile) => duration(moment.figures.get(`${this.#key("trip")}/${quantile}`) ?? NaN);
    this.#set("trip", trip("p50") === trip("p99") ? trip("p50") : `${trip("p50")} / ${trip("p99")}`);
  }

  #drawRates(history) {
    const [errors, hits, misses] = ["errors", "hits", "misses"].map((figure) => history.grown(this.#key(figure)));
    const evictions = history.rate(this.#key("evictions"), SPAN);
    this.#set("trips", perSecond(history.rate(this.#key("trips"), SPAN)));
    this.#set("errors", number(errors), errors > 0);
    this.#set("hits", percent(hits / (hits + misses)));
    this.#set("evictions", perSecond(evictions), evictions > 0);
  }

  #drawSizes({ gauges }) {
    const gauge = (figure) => gauges.get(this.#key(figure)) ?? NaN;
    this.#set("items", number(gauge("items")));
    this.#set("memory", ofLimit(bytes, gauge("bytes"), gauge("limit-bytes")));
    this.#bars.memory.set(gauge("bytes") / gauge("limit-bytes"));
    this.#set("connections", ofLimit(number, gauge("connections"), gauge("max-connections")));
    this.#bars.connections.set(gauge("connections") / gauge("max-connections"));
  }

  /** The 99th percentile in the window, from zero to its highest value. */
  #drawSpark(history, from, to) {
    const { width, height } = SPARK;
    const values = history.series(`${this.#key("trip")}/p99`);
    const most = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE);
    const toX = (at) => ((at - from) / (to - from)) * width;
    const toY = (value) => height - 2 - Math.min(1, value / most) * (height - 4);
    setAttribute(this.#spark, "d", linePath(lineParts(history.moments, values, toX, toY)));
  }
}

function ofLimit(format, value, limit) {
  return Number.isNaN(limit) ? format(value) : `${format(value)} of ${format(limit)}`;
}

/** A bar that shows how much of a limit is used; the text next to it says the same. */
class Bar {
  #used = svg("rect", { height: BAR.height, rx: 3, width: 0 });

  constructor() {
    const track = svg("rect", { class: "track", ...BAR, rx: 3 });
    this.element = svg("svg", { class: "bar", ...BAR, "aria-hidden": "true" }, track, this.#used);
  }

  set(share) {
    const known = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
    setAttribute(this.#used, "width", Math.round(known * BAR.width));
    setAttribute(this.#used, "class", known >= NEARLY_FULL ? "used nearly-full" : "used");
  }
}
