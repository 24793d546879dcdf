// The table under a plot: which line is which, and its values now (or at the moment that is read) and in the window.

import { html, setAttribute, setText } from "./dom.js";
import { timeOfDay } from "./format.js";
import { quantile } from "./growth.js";

/** The table of a plot of the catalogue, in `element`. */
export class Legend {
  #spec;
  #time = html("th", { scope: "col" }, "now");
  #rows;

  constructor(spec) {
    this.#spec = spec;
    this.#rows = spec.series.map((series) => new Row(series));
    const [whole, peak] = ["5 min", "peak"].map((heading) => html("th", { scope: "col" }, heading));
    const head = html("thead", {}, html("tr", {}, html("td"), this.#time, whole, peak));
    this.element = html("table", {}, head, html("tbody", {}, ...this.#rows.map(({ element }) => element)));
  }

  /** Shows the values of a moment. Its time is told if it was asked for, or is not that of now (`live`). */
  read(moment, asked, live) {
    setText(this.#time, moment && (asked || !live) ? timeOfDay(moment.at) : "now");
    setAttribute(this.#time, "class", asked ? "asked" : "");
    this.#spec.series.forEach(({ key }, i) => setText(this.#rows[i].now, this.#text(moment?.figures.get(key) ?? NaN)));
  }

  /** Shows what the window comes to: the mean and the highest value; of a quantile, that of all observations. */
  summarize({ history }) {
    const observed = this.#spec.observed && history.observed(this.#spec.observed);
    this.bound = observed?.bounds.at(-2);
    this.#spec.series.forEach((series, i) => {
      const values = history.series(series.key).filter((value) => !Number.isNaN(value));
      const sum = values.reduce((all, value) => all + value, 0);
      const whole = series.quantile ? quantile(observed, series.quantile) : sum / values.length;
      setText(this.#rows[i].whole, this.#text(whole));
      setText(this.#rows[i].peak, this.#text(values.length > 0 ? Math.max(...values) : NaN));
    });
  }

  /** A value beyond the highest bound of a histogram is not known any better. */
  #text(value) {
    const { format } = this.#spec;
    return value === Infinity && this.bound !== undefined ? `> ${format(this.bound)}` : format(value);
  }
}

class Row {
  now = html("td");
  whole = html("td");
  peak = html("td");

  constructor({ name, pen }) {
    const heading = html("th", { scope: "row", class: `pen ${pen}` }, name);
    this.element = html("tr", {}, heading, this.now, this.whole, this.peak);
  }
}
