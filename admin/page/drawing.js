// The drawing of a plot: axes, lines with gaps, restarts, a limit, and the moment that is read.

import { resize, setAttribute, setText, svg } from "./dom.js";
import { minuteOfDay } from "./format.js";
import { areaPath, linePath, lineParts, minutesBetween } from "./scale.js";

const HEIGHT = 156;
const MARGIN = { left: 60, right: 10, top: 10, bottom: 24 };
const BOTTOM = HEIGHT - MARGIN.bottom;

/** The share of a limit that a value must reach before the plot has room for the limit. */
const NEAR_LIMIT = 0.3;

/** The range of a plot that has nothing to show yet. */
const NOTHING = { least: 0.001, most: 0.01 };

/** Draws the series of a plot of the catalogue into the SVG element `element`. */
export class Drawing {
  #spec;
  #width = 400;
  #parts;
  #axis;
  #view;

  constructor(spec) {
    this.#spec = spec;
    const pens = (tag, name) => spec.series.map(({ pen }) => svg(tag, { class: `${name} ${pen}` }));
    this.#parts = {
      grid: svg("path", { class: "grid" }),
      rows: svg("g", { class: "rows" }),
      columns: svg("g", { class: "columns" }),
      restarts: svg("path", { class: "restart" }),
      restartTexts: svg("g", { class: "restart-text" }),
      limit: svg("path", { class: "limit" }),
      limitText: svg("text", { class: "limit-text" }),
      areas: spec.series.map(({ pen, area }) => (area ? [svg("path", { class: `area ${pen}` })] : [])),
      lines: pens("path", "line"),
      reading: svg("path", { class: "reading" }),
      dots: pens("circle", "dot"),
      empty: svg("text", { class: "empty" }),
    };
    const shown = Object.values(this.#parts).flat(2);
    this.element = svg("svg", { height: HEIGHT, "aria-hidden": "true" }, ...shown);
  }

  /** Draws the window of `view`: `{ history, from, to, limits }`. */
  draw(view) {
    this.#view = view;
    const values = this.#spec.series.map(({ key }) => view.history.series(key));
    const limit = view.limits.get(this.#spec.limit);
    this.#axis = this.#axisOf(values.flat().filter(Number.isFinite), limit);
    setAttribute(this.element, "viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    setAttribute(this.element, "width", this.#width);
    this.#drawFrame();
    this.#drawLimit(limit);
    this.#drawLines(values);
    const empty = values.flat().every(Number.isNaN);
    setText(this.#parts.empty, empty ? "no data in these 5 minutes" : "");
    setAttribute(this.#parts.empty, "x", (MARGIN.left + this.#width - MARGIN.right) / 2);
    setAttribute(this.#parts.empty, "y", (MARGIN.top + BOTTOM) / 2);
  }

  /** Draws again with another width. */
  resize(width) {
    if (width < 100 || width === this.#width) return;
    this.#width = width;
    if (this.#view) this.draw(this.#view);
  }

  /** Marks a moment, or none. */
  mark(moment) {
    const x = moment ? round(this.#x(moment.at)) : 0;
    setAttribute(this.#parts.reading, "d", moment ? `M${x},${MARGIN.top}V${BOTTOM}` : "");
    this.#spec.series.forEach(({ key }, i) => {
      const value = moment?.figures.get(key) ?? NaN;
      setAttribute(this.#parts.dots[i], "r", Number.isNaN(value) ? 0 : 3.5);
      setAttribute(this.#parts.dots[i], "cx", x);
      setAttribute(this.#parts.dots[i], "cy", Number.isNaN(value) ? 0 : round(this.#y(value)));
    });
  }

  /** The time at a distance from the left edge, in pixels. */
  timeAt(x) {
    const { from, to } = this.#view;
    return from + ((x - MARGIN.left) / this.#inner) * (to - from);
  }

  get #inner() {
    return this.#width - MARGIN.left - MARGIN.right;
  }

  #x(at) {
    const { from, to } = this.#view;
    return MARGIN.left + ((at - from) / (to - from)) * this.#inner;
  }

  #y(value) {
    return BOTTOM - this.#axis.share(value) * (BOTTOM - MARGIN.top);
  }

  #axisOf(values, limit) {
    let { least, most } = values.length > 0 ? { least: Infinity, most: 0 } : NOTHING;
    for (const value of values) {
      most = Math.max(most, value);
      if (value > 0) least = Math.min(least, value);
    }
    if (limit && most >= limit * NEAR_LIMIT) most = Math.max(most, limit * 1.02);
    return this.#spec.axis(Math.min(least, most) || NOTHING.least, most || NOTHING.most);
  }

  #drawFrame() {
    const { grid, rows, columns, restarts, restartTexts } = this.#parts;
    const { history, from, to } = this.#view;
    const right = this.#width - MARGIN.right;
    const marks = this.#axis.marks.map((value) => [round(this.#y(value)), this.#spec.format(value)]);
    setAttribute(grid, "d", marks.map(([y]) => `M${MARGIN.left},${y}H${right}`).join(""));
    label(rows, marks.map(([y, text]) => ({ x: MARGIN.left - 8, y: y + 4, text })));
    const minute = (at) => ({ x: round(this.#x(at)), y: HEIGHT - 6, text: minuteOfDay(at) });
    const minutes = minutesBetween(from, to).map(minute);
    label(columns, minutes.filter(({ x }) => x > MARGIN.left + 8 && x < right - 12));
    const begun = history.moments.filter(({ restarted }) => restarted).map(({ at }) => round(this.#x(at)));
    setAttribute(restarts, "d", begun.map((x) => `M${x},${MARGIN.top}V${BOTTOM}`).join(""));
    label(restartTexts, begun.slice(-1).map((x) => ({ x: x - 4, y: MARGIN.top + 11, text: "restart" })));
  }

  #drawLimit(limit) {
    const { limit: line, limitText } = this.#parts;
    const shown = limit !== undefined && limit <= this.#axis.top;
    const y = shown ? round(this.#y(limit)) : 0;
    const right = this.#width - MARGIN.right;
    setAttribute(line, "d", shown ? `M${MARGIN.left},${y}H${right}` : "");
    setText(limitText, shown ? `${this.#spec.limit} ${this.#spec.format(limit)}` : "");
    setAttribute(limitText, "x", MARGIN.left + 4);
    setAttribute(limitText, "y", y + 13);
  }

  #drawLines(values) {
    const { moments } = this.#view.history;
    values.forEach((series, i) => {
      const parts = lineParts(moments, series, (at) => this.#x(at), (value) => this.#y(value));
      setAttribute(this.#parts.lines[i], "d", linePath(parts));
      for (const area of this.#parts.areas[i]) setAttribute(area, "d", areaPath(parts, BOTTOM));
    });
  }
}

function label(group, labels) {
  const texts = resize(group, labels.length, () => svg("text"));
  labels.forEach(({ x, y, text }, i) => {
    setAttribute(texts[i], "x", x);
    setAttribute(texts[i], "y", y);
    setText(texts[i], text);
  });
}

function round(value) {
  return Math.round(value * 10) / 10;
}
