// One plot: a figure with a drawing that the pointer and the keyboard read, and a table that says the same in numbers.

import { html, setAttribute } from "./dom.js";
import { Drawing } from "./drawing.js";
import { timeOfDay } from "./format.js";
import { Legend } from "./legend.js";

/** The keys that move the moment that is read, by this many moments. */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };

let plots = 0;

/** A plot of the catalogue, in the figure `element`. The moment that is read is that of `reader`, for all plots. */
export class Plot {
  #spec;
  #reader;
  #drawing;
  #legend;
  #slider;
  #view;

  constructor(spec, reader) {
    this.#spec = spec;
    this.#reader = reader;
    this.#drawing = new Drawing(spec);
    this.#legend = new Legend(spec);
    const id = `plot-${(plots += 1)}`;
    const slider = { class: "drawing", tabindex: 0, role: "slider", "aria-labelledby": id, "aria-valuemax": 0 };
    this.#slider = html("div", slider, this.#drawing.element);
    const unit = html("span", { class: "unit" }, spec.unit);
    const title = html("figcaption", {}, html("h3", { id }, spec.title), " ", unit);
    setAttribute(this.#legend.element, "aria-labelledby", id);
    this.element = html("figure", { class: "card", "aria-labelledby": id }, title, this.#slider, this.#legend.element);
    this.#listen();
  }

  #listen() {
    const read = (event) => {
      const { left } = this.#slider.getBoundingClientRect();
      if (this.#view) this.#reader.read(this.#drawing.timeAt(event.clientX - left));
    };
    this.#slider.addEventListener("pointermove", read);
    this.#slider.addEventListener("pointerdown", read);
    this.#slider.addEventListener("pointerleave", ({ pointerType }) => {
      // What a finger chose stays, or it could not be read.
      if (pointerType !== "touch") this.#reader.read(undefined);
    });
    this.#slider.addEventListener("blur", () => this.#reader.read(undefined));
    this.#slider.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#reader.read(undefined);
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      this.#reader.step(STEPS[event.key]);
    });
    new ResizeObserver(([{ contentRect }]) => {
      this.#drawing.resize(Math.floor(contentRect.width));
      if (this.#view) this.mark();
    }).observe(this.#slider);
  }

  /** Draws what `view` holds: `{ history, from, to, live, limits }`. */
  draw(view) {
    this.#view = view;
    this.#drawing.draw(view);
    this.#legend.summarize(view);
    this.mark();
  }

  /** Shows the moment that is read. */
  mark() {
    const { history, from, to, live } = this.#view;
    const moment = this.#reader.moment;
    this.#drawing.mark(moment);
    this.#legend.read(moment ?? history.last, moment !== undefined, live);
    const at = moment?.at ?? (live ? to : (history.last?.at ?? to));
    const texts = this.#spec.series.map(({ key, name }) => {
      return `${name} ${this.#spec.format((moment ?? history.last)?.figures.get(key) ?? NaN)}`;
    });
    setAttribute(this.#slider, "aria-valuemin", Math.round((from - to) / 1000));
    setAttribute(this.#slider, "aria-valuenow", Math.round((at - to) / 1000));
    setAttribute(this.#slider, "aria-valuetext", `${moment || !live ? timeOfDay(at) : "now"}: ${texts.join(", ")}`);
  }
}
