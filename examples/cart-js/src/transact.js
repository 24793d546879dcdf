// Runs work on a visitor's session in a transaction, and again when somebody else was faster.

import { Container } from 'lovely:session/sessions@0.1.0';
import { Transaction } from 'lovely:session/transactions@0.1.0';

/**
 * How many milliseconds after its beginning work may still be run again. Leave room for one more run
 * below the limit that the host sets to a request.
 */
const PATIENCE = 5000;

/**
 * The first pause is at most so many milliseconds, and each further one may be twice as long as the
 * one before.
 */
const FIRST_PAUSE = 2;

/** No pause is longer. */
const LONGEST_PAUSE = 250;

/** After these errors nothing was stored, and running the work again can help. */
const LOST_RACES = ['conflict', 'gone', 'ended'];

/**
 * Runs `work` in a transaction and commits it. Answers what the work answered, and the id of the
 * session that it began, if it did: the browser must be told.
 *
 * When another request changed the session first, nothing of `work` was stored, and it runs again
 * on fresh data; when another request ended the session, or it expired meanwhile, it runs again
 * for a new visitor. So `work` must do nothing that cannot be done twice. When it would take longer
 * than the visitor may wait, the error is thrown.
 */
export async function transact(sessionId, work) {
  const end = performance.now() + PATIENCE;
  let limit = 0; // The second run follows the first at once.
  for (;;) {
    try {
      return attempt(sessionId, work);
    } catch (error) {
      // At random, so that those who race for a session do not meet again.
      const pause = Math.random() * limit;
      const isLost = LOST_RACES.includes(sessionError(error));
      if (!isLost || performance.now() + pause >= end) throw error;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      limit = Math.min(Math.max(FIRST_PAUSE, 2 * limit), LONGEST_PAUSE);
    }
  }
}

/** The name of an error of the session component, such as 'conflict'; undefined for other errors. */
export function sessionError(error) {
  return error.payload?.tag;
}

function attempt(sessionId, work) {
  // When this scope is left without a commit, every change is dropped.
  using transaction = new Transaction();
  const visit = new Visit(transaction, sessionId);
  const value = work(visit);
  transaction.commit();
  return { value, newSession: visit.newSession };
}

/** One visitor in one transaction. */
class Visit {
  #transaction;
  #container = Container.open('cart');
  #resumed;
  #begun;

  constructor(transaction, sessionId) {
    this.#transaction = transaction;
    this.#resumed = sessionId === undefined ? undefined : this.#resume(sessionId);
  }

  /** The visitor's session; undefined for a new visitor, for whom nothing is stored yet. */
  get session() {
    return this.#resumed ?? this.#begun;
  }

  /** The visitor's session, begun now for a new visitor: for work that is about to store something. */
  sessionOrBegin() {
    if (!this.session) this.#begun = this.#container.create(this.#transaction);
    return this.session;
  }

  /** A point that the work can return to. */
  savepoint() {
    return this.#transaction.savepoint();
  }

  /** The id of the session that began in this visit, if one did. */
  get newSession() {
    return this.#begun?.id();
  }

  /**
   * Finds the session that a client asks for. The id may be anything, so one that we did not issue,
   * or whose session has ended, is nobody's: it is never adopted.
   */
  #resume(id) {
    try {
      return this.#container.resume(this.#transaction, id);
    } catch (error) {
      if (!['ended', 'invalid-name'].includes(sessionError(error))) throw error;
      return undefined;
    }
  }
}
