import type { WitSession } from './bindings.js';
import { EndedError } from './errors/sessions.js';
import { checkedGrace } from './options.js';
import { Package } from './package.js';
import type { Scope } from './scope.js';
import type { AnySession, Name } from './types.js';
import { checkedName } from './values/check.js';
import { shapesOf, type Shapes } from './values/shape.js';

/**
 * A session in one transaction.
 *
 * Every member but `id` can throw `FinishedError` when the transaction is finished.
 *
 * @typeParam S - The packages of the session, their keys and the types of their values.
 */
export class Session<S extends object = AnySession> {
  readonly #raw: WitSession;
  readonly #scope: Scope;
  readonly #shapes: Shapes<S>;

  private constructor(raw: WitSession, scope: Scope, shapes: Shapes<S>) {
    this.#raw = raw;
    this.#scope = scope;
    this.#shapes = shapes;
  }

  /** @internal */
  static of<S extends object>(raw: WitSession, scope: Scope, shapes: Shapes<S>): Session<S> {
    return new Session(raw, scope, shapes);
  }

  /**
   * The session's id. It is a secret: it gives access to the session. It is available even when the transaction is
   * finished.
   */
  get id(): string {
    return this.#raw.id();
  }

  /** Whether the session was not in the store when it joined. Getting it counts as a read. */
  get isNew(): boolean {
    return this.#scope.call(() => this.#raw.isNew());
  }

  /**
   * When the session was last used before this transaction, in seconds since the Unix epoch, with an error of about
   * one second; for a new session, when it began.
   */
  get lastAccessed(): number {
    return Number(this.#scope.call(() => this.#raw.lastAccessed()));
  }

  /**
   * Whether this transaction destroyed the session. Getting it does not count as a read.
   *
   * @throws DamagedError when the session cannot be read.
   */
  get isDestroyed(): boolean {
    try {
      // Every package exists in a live session.
      this.#scope.call(() => this.#raw.package('any'));
      return false;
    } catch (error) {
      if (error instanceof EndedError) return true;
      throw error;
    }
  }

  /**
   * Returns the package of this name. Every package exists: one in which nothing is stored is empty.
   *
   * @throws InvalidNameError unless the name has 1 to 1,024 bytes.
   * @throws EndedError when this transaction destroyed the session.
   * @throws DamagedError when the package cannot be read.
   */
  package<N extends Name<S>>(name: N): Package<NonNullable<S[N]>> {
    const checked = checkedName('package', name);
    const raw = this.#scope.call(() => this.#raw.package(checked));
    return Package.of(raw, this.#scope, shapesOf(this.#shapes, name));
  }

  /**
   * Returns the names of the packages that hold at least one key, sorted. The call counts as a read of these names.
   *
   * @throws EndedError when this transaction destroyed the session.
   */
  packages(): Name<S>[] {
    return this.#scope.call(() => this.#raw.packages()) as Name<S>[];
  }

  /**
   * Removes a package with all its keys. Returns whether it held any. The call counts as a read of the package.
   *
   * @throws InvalidNameError, EndedError, DamagedError as {@link Session.package}.
   */
  removePackage(name: Name<S>): boolean {
    const checked = checkedName('package', name);
    return this.#scope.call(() => this.#raw.removePackage(checked));
  }

  /**
   * Ends the session. After the commit no id finds it, even if another transaction renews its id at the same time,
   * and no transaction that loaded it before can write it back. In this transaction its data is removed at once:
   * further calls throw `EndedError`. If its record vanished meanwhile, the commit fails with `GoneError`.
   *
   * @throws EndedError when this transaction destroyed it already.
   */
  destroy(): void {
    this.#scope.call(() => this.#raw.destroy());
  }

  /**
   * Moves the session to a fresh random id of 192 bits, and returns the new id. The move is atomic: at any time, one
   * of the two ids finds the session. With the commit the old id ends.
   *
   * Renew the id without a grace whenever the rights of a visitor change, above all at login: somebody else may know
   * the old id, or may have planted it. `grace` is for renewals at regular times: for this number of seconds after
   * the commit, requests in progress still find the session under the old id. Never use it when rights change.
   *
   * @throws InvalidOptionError when the grace exceeds 86,400.
   * @throws EndedError when this transaction destroyed the session.
   */
  renewId(grace?: number): string {
    const seconds = checkedGrace(grace);
    return this.#scope.call(() => this.#raw.renewId(seconds));
  }
}
