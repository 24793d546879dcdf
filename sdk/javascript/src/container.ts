import { call, WitContainer, type WitSession } from './bindings.js';
import { checkedContainerOptions, type ContainerOptions } from './options.js';
import { Session } from './session.js';
import type { Transaction } from './transaction.js';
import type { AnySession, SessionTypes } from './types.js';
import { checkedName } from './values/check.js';
import type { Shapes } from './values/shape.js';

/**
 * A named family of sessions with common options. A container holds no data: containers of the same name give access to
 * the same sessions, in every instance and on every host that uses the same store.
 *
 * ```ts
 * const players = Container.open<{ score: { points: number } }>('players');
 * await transact((transaction) => {
 *   players.session(transaction, 'player 7').package('score').add('points', 1);
 * });
 * ```
 *
 * Calls with a transaction can throw `FinishedError` when it is finished. Calls that load sessions can throw
 * `DamagedError` and `UnknownFormatError` when a record cannot be read, and `UnavailableError`, `UnsupportedError`,
 * `DeniedError` and `StoreError` when the store fails.
 *
 * @typeParam S - The packages of the sessions, their keys and the types of their values.
 */
export class Container<S extends object = AnySession> {
  readonly #raw: WitContainer;
  readonly #shapes: Shapes<S>;

  private constructor(raw: WitContainer, shapes: Shapes<S>) {
    this.#raw = raw;
    this.#shapes = shapes;
  }

  /**
   * Opens a container. Sends nothing to the store. Call it while a request is handled, not when the module is loaded:
   * componentize-js loads it once, when it builds the component.
   *
   * @throws InvalidNameError unless the name has 1 to 60 bytes.
   * @throws InvalidOptionError when an option is out of its range.
   */
  static open<S extends SessionTypes<S> & object = AnySession>(
    name: string,
    options: ContainerOptions & { shapes?: Shapes<S> | undefined } = {},
  ): Container<S> {
    const checked = checkedName('container', name);
    const checkedOptions = checkedContainerOptions(options);
    return new Container(
      call(() => WitContainer.open(checked, checkedOptions)),
      options.shapes ?? {},
    );
  }

  /**
   * Returns the session with this id, and begins an empty one if there is none. Use it only for ids that the application
   * trusts; for ids that come from a client, use {@link Container.resume}.
   *
   * The first call for an id loads the session, in one round trip to the store. Later calls in the same transaction
   * return the same session, also for another of its ids. If the timeout passes between two calls, the second one returns
   * an empty session.
   *
   * If two transactions begin the same session, both may commit, and their keys are merged. A transaction that checked
   * before whether the session exists (`isNew`, `resume`) conflicts instead.
   *
   * @throws EndedError while a destroyed session is remembered.
   * @throws InvalidNameError unless the id has 1 to 1,024 bytes.
   * @throws TooManySessionsError
   */
  session(transaction: Transaction, id: string): Session<S> {
    const checked = checkedName('session-id', id);
    return this.#joined(
      transaction,
      transaction.use((raw) => this.#raw.session(raw, checked)),
    );
  }

  /**
   * Returns the sessions with these ids, in the same order, as {@link Container.session} does. Loads them in one round
   * trip to the store. If one id fails, the call fails.
   *
   * @throws As {@link Container.session}.
   */
  sessionMany(transaction: Transaction, ids: readonly string[]): Session<S>[] {
    const checked = ids.map((id) => checkedName('session-id', id));
    const sessions = transaction.use((raw) => this.#raw.sessionMany(raw, checked));
    return sessions.map((session) => this.#joined(transaction, session));
  }

  /**
   * Returns the session with this id, or undefined when it is absent, expired or evicted, or when its timeout has passed
   * since the transaction last requested it. Never begins a session: use it for ids that come from a client.
   *
   * Once it has returned undefined, it does so for the rest of the transaction, unless the transaction itself begins the
   * session with {@link Container.session}. If it does, and another transaction began the session meanwhile, the commit
   * conflicts.
   *
   * @throws As {@link Container.session}.
   */
  resume(transaction: Transaction, id: string): Session<S> | undefined {
    const checked = checkedName('session-id', id);
    const session = transaction.use((raw) => this.#raw.resume(raw, checked));
    return session && this.#joined(transaction, session);
  }

  /**
   * Begins a session with a fresh random id of 192 bits, which is safe to give to a client. Sends nothing to the store
   * before the commit; if nothing is set, nothing is stored.
   *
   * @throws TooManySessionsError
   */
  create(transaction: Transaction): Session<S> {
    return this.#joined(
      transaction,
      transaction.use((raw) => this.#raw.create(raw)),
    );
  }

  /** Returns the ids of this container's sessions that have joined the transaction, in the order in which they joined. */
  joined(transaction: Transaction): string[] {
    return transaction.use((raw) => this.#raw.joined(raw));
  }

  #joined(transaction: Transaction, session: WitSession): Session<S> {
    return Session.of(session, transaction.scope, this.#shapes);
  }
}
