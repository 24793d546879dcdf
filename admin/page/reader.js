// The moment that is read in all plots at once. Pure.

/** Holds the moment that the pointer or the keyboard chose in a history; calls `changed` when it is another one. */
export class Reader {
  #changed;
  #history;

  constructor(changed) {
    this.#changed = changed;
  }

  /** The moment that is read; `undefined` if it is none. */
  moment;

  /** Sets the history to choose from; a moment that has left it is given up. */
  follow(history) {
    this.#history = history;
    if (!history.moments.includes(this.moment)) this.moment = undefined;
  }

  /** Chooses the moment nearest to a time, or none. */
  read(time) {
    this.#choose(time === undefined ? undefined : this.#history?.nearest(time));
  }

  /** Chooses the moment so many moments later (or earlier, if negative); the first step begins at the newest. */
  step(count) {
    const moments = this.#history?.moments ?? [];
    const from = this.moment ? moments.indexOf(this.moment) : moments.length - 1;
    this.#choose(moments[Math.min(moments.length - 1, Math.max(0, from + count))]);
  }

  #choose(moment) {
    if (moment === this.moment) return;
    this.moment = moment;
    this.#changed();
  }
}
