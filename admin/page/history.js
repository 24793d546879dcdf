// What the page remembers: the moments of the last five minutes, and no more. Pure.

import { addHistograms, histogramGrowth, totalGrowth } from "./growth.js";

/** How long the page remembers, in milliseconds. */
export const WINDOW = 300_000;

/** More moments than the window can hold at one a second; bounds the memory whatever the clock does. */
const MOST = 400;

/**
 * The readings of the window, as moments `{ at, clock, run, restarted, counters, gauges, histograms, figures }`, oldest
 * first. Moments of the same run can be compared; a new run begins after a break, and when the server was restarted.
 */
export class History {
  #moments;
  #run = 0;
  #broken = false;

  constructor(moments = []) {
    this.#moments = moments;
  }

  get moments() {
    return this.#moments;
  }

  get last() {
    return this.#moments.at(-1);
  }

  /** Says that readings are missing before the next one: what lies between is a gap. */
  interrupt() {
    this.#broken = true;
  }

  /** Adds a reading, with the figures that `derive(history, moment)` makes of it. */
  add(reading, derive) {
    if (this.last && reading.at <= this.last.at) this.#moments = [];
    const restarted = wasRestarted(this.last, reading);
    if (restarted || this.#broken) this.#run += 1;
    this.#broken = false;
    const moment = { ...reading, run: this.#run, restarted };
    this.#moments.push(moment);
    this.#moments = this.#moments.slice(-MOST).filter(({ at }) => at > reading.at - WINDOW);
    moment.figures = derive(this, moment);
  }

  /** The same moments, which stay as they are when this history goes on. */
  copy() {
    return new History([...this.#moments]);
  }

  /** The moments of the newest run that lie in the last `milliseconds`. */
  recent(milliseconds) {
    const { last } = this;
    return this.#moments.filter(({ clock, run }) => run === last.run && clock >= last.clock - milliseconds);
  }

  /** The growth of a counter a second in the last `milliseconds`; `NaN` if it is unknown. */
  rate(key, milliseconds = WINDOW) {
    return rateIn(this.last ? this.recent(milliseconds) : [], key);
  }

  /** How much a counter grew in the whole window, over all runs; `NaN` if it is unknown. */
  grown(key) {
    const all = this.#runs().map((run) => totalGrowth(run.map(({ counters }) => counters.get(key))));
    const known = all.filter((grown) => !Number.isNaN(grown));
    return known.length > 0 ? known.reduce((sum, grown) => sum + grown, 0) : NaN;
  }

  /** The histogram of what was observed in the whole window, over all runs; `undefined` if it is unknown. */
  observed(key) {
    const all = this.#runs().map((run) => histogramGrowth(run[0].histograms.get(key), run.at(-1).histograms.get(key)));
    return all.reduce(addHistograms, undefined);
  }

  /** The values of a figure, with `NaN` where it is unknown. */
  series(key) {
    return this.#moments.map(({ figures }) => figures.get(key) ?? NaN);
  }

  /** The moment nearest to a time, if there is one within two seconds of it. */
  nearest(time) {
    let found;
    for (const moment of this.#moments) {
      if (!found || Math.abs(moment.at - time) < Math.abs(found.at - time)) found = moment;
    }
    return found && Math.abs(found.at - time) <= 2000 ? found : undefined;
  }

  #runs() {
    const runs = new Map();
    for (const moment of this.#moments) {
      const run = runs.get(moment.run);
      if (run) run.push(moment);
      else runs.set(moment.run, [moment]);
    }
    return [...runs.values()];
  }
}

/** The growth of a counter a second over these moments; `NaN` if it is unknown. */
export function rateIn(moments, key) {
  if (moments.length < 2) return NaN;
  const seconds = (moments.at(-1).clock - moments[0].clock) / 1000;
  return totalGrowth(moments.map(({ counters }) => counters.get(key))) / seconds;
}

function wasRestarted(before, after) {
  if (!before) return false;
  return before.started !== after.started || after.counters.get("requests") < before.counters.get("requests");
}
