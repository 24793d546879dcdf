import type { Container } from './container.js';
import { SessionError } from './errors/base.js';
import type { Savepoint } from './savepoint.js';
import type { Session } from './session.js';
import type { Transaction } from './transaction.js';
import type { AnySession } from './types.js';

/**
 * What the visitor's browser has to know after a visit: `none`: there was no session, and none was begun and stored;
 * `session`: there is a session; `end`: it has ended, or the visitor logged out without one.
 *
 * @internal
 */
export type Remaining = 'none' | 'session' | 'end';

/** A visitor in one transaction: the argument of the work in `Visitors.visit`. */
export class Visit<S extends object = AnySession> {
  readonly #transaction: Transaction;
  readonly #container: Container<S>;
  readonly #isResumed: boolean;
  #session: Session<S> | undefined;
  #isLoggedOut = false;

  private constructor(transaction: Transaction, container: Container<S>, session: Session<S> | undefined) {
    this.#transaction = transaction;
    this.#container = container;
    this.#session = session;
    this.#isResumed = session !== undefined;
  }

  /**
   * @internal Begins the visit of a visitor who presents this id. If no session has the id, or the id is invalid, the
   * visitor is new.
   */
  static begin<S extends object>(
    transaction: Transaction,
    container: Container<S>,
    presented: string | undefined,
  ): Visit<S> {
    const session = presented === undefined ? undefined : resume(transaction, container, presented);
    return new Visit(transaction, container, session);
  }

  /** The visitor's session, or undefined for a new visitor, for whom nothing is stored yet. */
  get session(): Session<S> | undefined {
    return this.#session;
  }

  /**
   * Returns the visitor's session, and begins it for a new visitor. If nothing is stored in it, no session and no cookie
   * remain after the visit.
   *
   * @throws TooManySessionsError
   */
  sessionOrBegin(): Session<S> {
    this.#session ??= this.#container.create(this.#transaction);
    return this.#session;
  }

  /**
   * Returns the visitor's session under a fresh id, and begins it for a new visitor. Call it whenever the rights of a
   * visitor change, above all at login: the old id ends with the commit, and the cookie carries the new one.
   *
   * @throws EndedError after {@link Visit.logOut}.
   */
  sessionWithNewId(): Session<S> {
    const session = this.sessionOrBegin();
    if (this.#isResumed) session.renewId();
    return session;
  }

  /**
   * Ends the visitor's session, if there is one, and removes the cookie from the browser. Further calls on the session
   * throw `EndedError`.
   */
  logOut(): void {
    this.#isLoggedOut = true;
    if (this.#session && !this.#session.isDestroyed) this.#session.destroy();
  }

  /** Takes a savepoint of the visit's transaction. */
  savepoint(): Savepoint {
    return this.#transaction.savepoint();
  }

  /** The transaction of this visit, for sessions of other containers. The visit commits it. */
  get transaction(): Transaction {
    return this.#transaction;
  }

  /** @internal Commits, and returns what remains. */
  commit(): Remaining {
    // Before the commit, because a finished transaction allows no calls on the session.
    const remaining = this.#remaining();
    this.#transaction.commitAsOwner();
    return remaining;
  }

  /** Reads the session, so that rollbacks are taken into account. */
  #remaining(): Remaining {
    if (!this.#session) return this.#isLoggedOut ? 'end' : 'none';
    if (this.#session.isDestroyed) return 'end';
    return !this.#isResumed && this.#session.packages().length === 0 ? 'none' : 'session';
  }
}

function resume<S extends object>(
  transaction: Transaction,
  container: Container<S>,
  id: string,
): Session<S> | undefined {
  try {
    return container.resume(transaction, id);
  } catch (error) {
    const code = error instanceof SessionError ? error.code : undefined;
    if (code === 'ended' || code === 'invalid-name') return undefined;
    throw error;
  }
}
