import type { WitSavepoint } from './bindings.js';
import { SessionError } from './errors/base.js';
import type { Scope } from './scope.js';

/**
 * A state of a transaction that a rollback restores.
 *
 * With `using`, leaving the block without a call of {@link Savepoint.release} or {@link Savepoint.rollback} rolls back,
 * also when an exception leaves it:
 *
 * ```ts
 * {
 *   using savepoint = visit.savepoint();
 *   order(visit);
 *   if (isValid(coupon)) savepoint.release();
 * } // without the release, everything since the savepoint is undone here
 * ```
 *
 * Without `using`, nothing happens until one of the two is called, and the changes stay.
 */
export class Savepoint implements Disposable {
  readonly #raw: WitSavepoint;
  readonly #scope: Scope;
  #isSettled = false;

  private constructor(raw: WitSavepoint, scope: Scope) {
    this.#raw = raw;
    this.#scope = scope;
  }

  /** @internal */
  static of(raw: WitSavepoint, scope: Scope): Savepoint {
    return new Savepoint(raw, scope);
  }

  /**
   * Restores the state right after this savepoint was taken, in all sessions. A session that joined later goes back to
   * what was loaded. Later savepoints become invalid; this one can be rolled back to any number of times. Reads are not
   * undone: they can still conflict.
   *
   * @throws SavepointInvalidError after a release, or after a rollback to an earlier savepoint.
   * @throws FinishedError when the transaction is finished.
   */
  rollback(): void {
    this.#scope.call(() => this.#raw.rollback());
    this.#isSettled = true;
  }

  /**
   * Removes this savepoint and the later ones, and keeps the changes.
   *
   * @throws SavepointInvalidError after a release, or after a rollback to an earlier savepoint.
   * @throws FinishedError when the transaction is finished.
   */
  release(): void {
    this.#scope.call(() => this.#raw.release());
    this.#isSettled = true;
  }

  /**
   * Rolls back, unless the savepoint was released or rolled back to already, or is no longer valid, or the transaction
   * is finished. `using` calls it.
   */
  [Symbol.dispose](): void {
    if (this.#isSettled || this.#scope.hasEnded) return;
    try {
      this.rollback();
    } catch (error) {
      const code = error instanceof SessionError ? error.code : undefined;
      if (code !== 'savepoint-invalid' && code !== 'finished') throw error;
    }
  }
}
