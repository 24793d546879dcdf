// Puts the page together: polls the server, remembers, and draws.

import { REQUESTS, SESSIONS } from "./catalogue.js";
import { setText } from "./dom.js";
import { derive, read } from "./figures.js";
import { timeOfDay } from "./format.js";
import { drawFacts, drawHeadline, drawKeyFigures } from "./header.js";
import { History, WINDOW } from "./history.js";
import { drawContainers, drawLimits, Errors } from "./lists.js";
import { Plot } from "./plot.js";
import { Poller } from "./poll.js";
import { Reader } from "./reader.js";
import { headline, numericLimits, serverTime } from "./state.js";
import { Store } from "./store.js";

/** How often the page says how long the connection has been lost, in milliseconds. */
const TICK = 1000;

const element = (id) => document.getElementById(id);

class Page {
  #history = new History();
  #connection = { since: Date.now() };
  #there = Date.now();
  #status;
  #limits = new Map();
  #reader = new Reader(() => this.#markAll());
  #plots = [];
  #store = new Store(element("store"), element("to-store"));
  #errors = new Errors(element("errors"));
  #frozen;

  start() {
    for (const [section, catalogue] of [["requests", REQUESTS], ["sessions", SESSIONS]]) {
      const plots = catalogue.map((spec) => new Plot(spec, this.#reader));
      element(section).querySelector(".plots").prepend(...plots.map((plot) => plot.element));
      this.#plots.push(...plots);
    }
    element("pause").addEventListener("click", () => this.#togglePause());
    setInterval(() => this.#tick(), TICK);
    this.#drawWindow();
    new Poller({
      received: (answer) => this.#received(answer),
      failed: (why) => this.#failed(why),
      paused: () => this.#history.interrupt(),
    }).start();
  }

  #received({ metrics, status, date }) {
    const now = Date.now();
    this.#history.add(read(metrics, now, performance.now()), derive);
    this.#connection = { since: now };
    this.#status = status;
    this.#limits = numericLimits(status);
    this.#there = serverTime(date, now);
    drawFacts(status, this.#history.last, this.#there);
    drawLimits(element("limits-rows"), status);
    this.#errors.draw(status, this.#there);
    setText(element("error-count"), status.errors?.length > 0 ? String(status.errors.length) : "");
    this.#drawHeadline();
    this.#drawWindow();
  }

  #failed(why) {
    this.#history.interrupt();
    this.#connection = { since: this.#connection.since, why };
    this.#drawHeadline();
    this.#drawWindow();
  }

  #tick() {
    if (this.#connection.why !== undefined) this.#drawHeadline();
  }

  #drawHeadline() {
    const [connection, status, history] = [this.#connection, this.#status, this.#history];
    const times = { now: Date.now(), there: this.#there };
    drawHeadline(headline({ connection, status, history, limits: this.#limits, ...times }));
  }

  /** Draws the window: the last five minutes, or those before the page was paused. */
  #drawWindow() {
    const { history, to } = this.#frozen ?? { history: this.#history, to: Date.now() };
    const live = !this.#frozen && this.#connection.why === undefined;
    const view = { history, from: to - WINDOW, to, live, limits: this.#limits };
    this.#reader.follow(history);
    for (const plot of this.#plots) plot.draw(view);
    if (history.last) this.#store.draw(view);
    drawKeyFigures(view);
    drawContainers(element("containers-rows"), view);
    this.#drawTime();
  }

  #markAll() {
    for (const plot of this.#plots) plot.mark();
    this.#drawTime();
  }

  #drawTime() {
    const { moment } = this.#reader;
    const paused = this.#frozen ? `Paused at ${timeOfDay(this.#frozen.to)}` : "";
    setText(element("time"), moment ? `Values at ${timeOfDay(moment.at)}` : paused);
  }

  #togglePause() {
    this.#frozen = this.#frozen ? undefined : { history: this.#history.copy(), to: Date.now() };
    setText(element("pause"), this.#frozen ? "Resume" : "Pause");
    this.#drawWindow();
  }
}

new Page().start();
