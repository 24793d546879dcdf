// Asks the server once a second, while the page can be seen.

import { parseMetrics } from "./metrics.js";

/** The time from one question to the next, and the time that an answer may take, in milliseconds. */
const PERIOD = 1000;
const PATIENCE = 4000;

/**
 * Polls `/metrics` and `/status` as long as the page is visible. Calls `received({ metrics, status, date })` for each
 * answer, with the server's time if it is known; `failed(why)` when there is none; and `paused()` when the page is
 * hidden.
 */
export class Poller {
  #listener;
  #timer;
  #abort;

  constructor(listener) {
    this.#listener = listener;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#follow());
    this.#follow();
  }

  #follow() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
    if (document.hidden) this.#listener.paused();
    else this.#poll();
  }

  async #poll() {
    const abort = new AbortController();
    this.#abort = abort;
    const began = performance.now();
    const result = await inTime(abort, ask(abort.signal)).catch((error) => error);
    // The page was hidden meanwhile.
    if (this.#abort !== abort) return;
    if (result instanceof Error) this.#listener.failed(reason(result));
    else this.#listener.received(result);
    const pause = Math.max(0, PERIOD - (performance.now() - began));
    this.#timer = setTimeout(() => this.#poll(), pause);
  }
}

/** Waits for an answer, and gives it up after some time. */
async function inTime(abort, answer) {
  const late = new DOMException("there was no answer in time", "TimeoutError");
  const timer = setTimeout(() => abort.abort(late), PATIENCE);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

async function ask(signal) {
  const [metrics, status] = await Promise.all([get("metrics", signal), get("status", signal)]);
  const date = Date.parse(status.headers.get("date") ?? "");
  return { metrics: parseMetrics(await metrics.text()), status: await status.json(), date };
}

async function get(path, signal) {
  const response = await fetch(path, { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`GET /${path} returned the status ${response.status}`);
  return response;
}

function reason(error) {
  if (error.name === "TimeoutError") return `it sent no complete answer within ${PATIENCE / 1000} s`;
  if (error instanceof TypeError) return "it cannot be reached";
  return error.message;
}
