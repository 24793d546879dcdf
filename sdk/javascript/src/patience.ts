// How long work is run again, and the pauses before.

/** The limit of the first pause, in milliseconds: about the duration of a transaction on a store in the same network. */
const FIRST = 2;

/** The limit of every pause, in milliseconds. */
const LONGEST = 250;

/**
 * Returns the pause after so many lost races in a row, in milliseconds. `random` returns a number from 0 to 1,
 * without 1; it is called only if there is a pause.
 *
 * After the first lost race there is no pause: most sessions have at most two concurrent requests. After the second,
 * the pause is up to 2 ms. Each further race doubles this limit, up to 250 ms, so that those who compete spread out.
 */
export function pauseAfter(lost: number, random: () => number): number {
  return lost < 2 ? 0 : Math.min(FIRST * 2 ** (lost - 2), LONGEST) * random();
}

/** A clock that can wait, and random numbers. */
export interface Timer {
  /** The time since a fixed point, in milliseconds. */
  now(): number;
  /** A random number from 0 to 1, without 1. It need not be unpredictable. */
  random(): number;
  /** Waits for so many milliseconds. */
  pause(milliseconds: number): Promise<void>;
}

/** The clock and the randomness of the engine. */
export const systemTimer: Timer = {
  now: () => performance.now(),
  random: () => Math.random(),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** The time within which lost races are run again. */
export class Patience {
  readonly #timer: Timer;
  /** No run begins at this time or later. */
  readonly #end: number;
  #lost = 0;

  /** Begins now, and lasts for so many milliseconds. */
  constructor(milliseconds: number, timer: Timer = systemTimer) {
    this.#timer = timer;
    this.#end = timer.now() + milliseconds;
  }

  /**
   * Call it after a lost race. Waits until the next run may begin and resolves to true, or resolves to false at once
   * when that run would begin too late.
   */
  async waitForRetry(): Promise<boolean> {
    this.#lost += 1;
    const pause = pauseAfter(this.#lost, () => this.#timer.random());
    if (this.#timer.now() + pause >= this.#end) return false;
    if (pause > 0) await this.#timer.pause(pause);
    return true;
  }
}
