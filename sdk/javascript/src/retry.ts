// Runs work again after conflicts.

import { SessionError, type ErrorCode } from './errors/base.js';
import type { Patience } from './patience.js';

/** Carries what the work itself threw past the retries: it is final. */
export class WorkFailure {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** Another transaction was faster, so that a run on fresh data can succeed. */
export const AFTER_CONFLICT: readonly ErrorCode[] = ['conflict'];

/** Another transaction was faster, or the session ended, so that the next run is that of a new visitor. */
export const AFTER_CONFLICT_OR_END: readonly ErrorCode[] = ['conflict', 'gone', 'ended'];

/**
 * Calls `run` until it succeeds, throws something else than an error with one of these codes, or `patience` is over.
 * Throws what a `WorkFailure` carries.
 */
export async function retry<T>(patience: Patience, again: readonly ErrorCode[], run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (failure) {
      if (failure instanceof WorkFailure) throw failure.thrown;
      const isLost = failure instanceof SessionError && again.includes(failure.code);
      if (!isLost || !(await patience.waitForRetry())) throw failure;
    }
  }
}

/** Calls work, which may be asynchronous, and marks what it throws. */
export async function runWork<T>(work: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw new WorkFailure(thrown);
  }
}
