import { WitTransaction } from './bindings.js';
import { MisuseError } from './errors/use.js';
import { checkedIsolation, type Isolation } from './options.js';
import { Savepoint } from './savepoint.js';
import { Scope } from './scope.js';

/** What commits a transaction that was not begun by hand. */
type Owner = 'visit' | 'transact';

const FINISHED = 'the transaction is finished; begin a new one';

/** What a call says when it comes after the visit or the work. */
const TOO_LATE: Record<Owner, string> = {
  visit:
    'the visit is over: its session cannot be used any more. Do everything in the work of the visit, and `await` ' +
    'every asynchronous call in it; a missing `await` lets the visit end too early',
  transact:
    'the transaction is over: its sessions cannot be used any more. Do everything in the work of `transact`, and ' +
    '`await` every asynchronous call in it; a missing `await` lets it end too early',
};

/**
 * A unit of work over sessions, which commits as a whole or not at all. `transact` begins and commits one, and runs the
 * work again after a conflict.
 *
 * ```ts
 * using transaction = Transaction.begin();
 * const players = Container.open('players');
 * players.session(transaction, 'player 7').package('score').add('points', 1);
 * transaction.commit();
 * ```
 *
 * With `using`, leaving the block without a commit aborts the transaction. Sessions, packages and savepoints that came
 * from it then fail with `FinishedError`.
 */
export class Transaction implements Disposable {
  readonly #raw: WitTransaction;
  readonly #owner: Owner | undefined;
  /** @internal */
  readonly scope = new Scope();

  private constructor(isolation: Isolation | undefined, owner?: Owner) {
    this.#raw = new WitTransaction(isolation === undefined ? undefined : { isolation });
    this.#owner = owner;
  }

  /** Begins a transaction, `serializable` by default. Sends nothing to the store. */
  static begin({ isolation }: { isolation?: Isolation | undefined } = {}): Transaction {
    return new Transaction(checkedIsolation(isolation));
  }

  /** @internal Begins one that the work must not end. */
  static beginFor(owner: Owner, isolation: Isolation | undefined): Transaction {
    return new Transaction(isolation, owner);
  }

  /**
   * Takes a savepoint of the current state. The cost does not depend on the size of the sessions.
   *
   * @throws FinishedError when the transaction is finished.
   */
  savepoint(): Savepoint {
    return Savepoint.of(
      this.use((raw) => raw.savepoint()),
      this.scope,
    );
  }

  /**
   * Writes all changed sessions, and finishes the transaction. Sessions that were only read, and sessions whose changes
   * cancel out, are not written. A transaction that changed nothing sends nothing and never conflicts, unless it read
   * several sessions with the isolation `serializable`: then it reads them again.
   *
   * After `TooLargeError` and `BusyError` the transaction is still open and unchanged. In all other cases it is finished.
   * After `OutcomeUnknownError` either all changes are stored or none. After any other error nothing was stored, and
   * nothing will be.
   *
   * @throws ConflictError, GoneError, EndedError, TooLargeError, DamagedError, UnknownFormatError, OutcomeUnknownError,
   * FinishedError, and the failures of the store.
   * @throws MisuseError in the work of a visit or of `transact`, which commit by themselves.
   */
  commit(): void {
    this.#refuseToOwned('commit');
    this.use((raw) => raw.commit());
    this.#release(FINISHED);
  }

  /**
   * Drops all changes, and finishes the transaction. Sends nothing to the store.
   *
   * @throws FinishedError when the transaction is finished.
   * @throws MisuseError in the work of a visit or of `transact`: throw an error there instead.
   */
  abort(): void {
    this.#refuseToOwned('abort');
    this.use((raw) => raw.abort());
    this.#release(FINISHED);
  }

  /** Aborts the transaction unless it is finished. `using` calls it. */
  [Symbol.dispose](): void {
    this.#refuseToOwned('dispose of');
    this.#release(FINISHED);
  }

  /** @internal Calls the component with the handle of the transaction. */
  use<T>(run: (raw: WitTransaction) => T): T {
    return this.scope.call(() => run(this.#raw));
  }

  /** @internal Commits on behalf of the owner. */
  commitAsOwner(): void {
    this.use((raw) => raw.commit());
  }

  /** @internal Ends it on behalf of the owner: without a commit before, nothing is stored. */
  endAsOwner(): void {
    this.#release(TOO_LATE[this.#owner ?? 'transact']);
  }

  /** Drops the handle, which aborts what is not committed. */
  #release(message: string): void {
    if (this.scope.hasEnded) return;
    this.scope.end(message);
    this.#raw[Symbol.dispose]();
  }

  #refuseToOwned(verb: string): void {
    if (this.#owner === undefined) return;
    const owner = this.#owner === 'visit' ? 'the visit' : '`transact`';
    throw new MisuseError(
      `the work must not ${verb} its transaction: ${owner} commits it when the work returns, and aborts it when the ` +
        'work throws',
    );
  }
}
