// The lists under the plots: containers, the last errors, the limits in force.

import { containerKey } from "./figures.js";
import { html, resize, setShown, setText } from "./dom.js";
import { age, moment, number, percent } from "./format.js";

/** How many containers are shown. */
const MOST_CONTAINERS = 6;

/** How many errors are shown at first. */
const FEW_ERRORS = 5;

/** Shows the containers with the most commits, in the rows of the table `body`. */
export function drawContainers(body, { history }) {
  const grown = (container, figure) => history.grown(containerKey(container, figure));
  const containers = (history.last?.containers ?? []).slice(0, MOST_CONTAINERS);
  const rows = resize(body, containers.length, () => {
    return html("tr", {}, html("th", { scope: "row" }), html("td"), html("td"));
  });
  containers.forEach((container, i) => {
    const commits = grown(container, "commits");
    const share = commits > 0 ? grown(container, "failed") / commits : NaN;
    const texts = [container, number(commits), percent(share)];
    [...rows[i].children].forEach((cell, column) => setText(cell, texts[column]));
  });
}

/** The last errors, in the section `section`. */
export class Errors {
  #list;
  #none;
  #more;
  #all = false;
  #status = {};
  #now = 0;

  constructor(section) {
    [this.#list, this.#none, this.#more] = ["ol", ".none", "button"].map((it) => section.querySelector(it));
    this.#more.addEventListener("click", () => {
      this.#all = !this.#all;
      this.draw(this.#status, this.#now);
    });
  }

  /** Shows the errors of a status, newest first; `now` is the server's time in milliseconds. */
  draw(status, now) {
    [this.#status, this.#now] = [status, now];
    const errors = status.errors ?? [];
    const shown = errors.slice(0, this.#all ? errors.length : FEW_ERRORS);
    const items = resize(this.#list, shown.length, errorItem);
    shown.forEach((error, i) => drawError(items[i], error, now));
    setShown(this.#none, errors.length === 0);
    setShown(this.#more, errors.length > FEW_ERRORS);
    setText(this.#more, this.#all ? "Show fewer" : `Show all ${errors.length}`);
  }
}

function errorItem() {
  const head = html("p", { class: "when" }, html("time"), html("span", { class: "badge" }), html("span"));
  return html("li", {}, head, html("p", { class: "what" }), html("p", { class: "advice" }));
}

function drawError(item, { at, kind, what, advice, count }, now) {
  const [head, whatText, adviceText] = item.children;
  const [time, badge, repeats] = head.children;
  setText(time, `${moment(at * 1000, now)}, ${age(now - at * 1000)} ago`);
  setText(badge, String(kind));
  setText(repeats, count > 1 ? `${Number(count).toLocaleString("en-US")} times` : "");
  setText(whatText, String(what));
  setText(adviceText, String(advice ?? ""));
}

/** Shows the limits of a status, in the rows of the table `body`. */
export function drawLimits(body, { limits = [] }) {
  const rows = resize(body, limits.length, () => {
    return html("tr", {}, html("th", { scope: "row" }, html("code")), html("td"), html("td"));
  });
  limits.forEach(({ name, value, what }, i) => {
    const [heading, ...cells] = rows[i].children;
    setText(heading.firstElementChild, String(name));
    setText(cells[0], String(value));
    setText(cells[1], String(what));
  });
}
