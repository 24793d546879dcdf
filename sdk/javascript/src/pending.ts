// Calls that have begun and not ended, to find those that nobody awaits. An instance of a component handles one request
// at a time, so all of them belong to it.

import { MisuseError } from './errors/use.js';

const pending = new Set<symbol>();

/** Whether the work of a response is running. */
let isResponding = false;

/** Runs a call of `visit` or `transact`. */
export async function tracked<T>(run: () => Promise<T>): Promise<T> {
  const call = Symbol('call');
  pending.add(call);
  try {
    return await run();
  } finally {
    pending.delete(call);
  }
}

/**
 * Runs the work of a response. Throws if a call of `visit` or `transact` that began in it is still going on: the host
 * ends the instance with the response, and the call with it.
 *
 * A response within the work of another one is checked with that one: several can be awaited together.
 */
export async function withoutPending<T>(work: () => T | PromiseLike<T>): Promise<T> {
  if (isResponding) return work();
  isResponding = true;
  try {
    return await checked(work);
  } finally {
    isResponding = false;
  }
}

async function checked<T>(work: () => T | PromiseLike<T>): Promise<T> {
  const before = new Set(pending);
  const result = await work();
  if ([...pending].some((call) => !before.has(call))) {
    throw new MisuseError(
      'the handler does not await a call of `visit` or `transact` that it began: put `await` before it',
    );
  }
  return result;
}
