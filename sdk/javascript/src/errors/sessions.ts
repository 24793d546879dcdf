// The errors of the interface, in the order of the WIT.

import { SessionError } from './base.js';
import type { ConflictPlace, NameKind, SessionName } from './data.js';

/** The transaction was committed or aborted, or its handle was disposed of. Begin a new one. */
export class FinishedError extends SessionError {
  override readonly name = 'FinishedError';
  readonly code = 'finished';

  constructor(message = 'the transaction is finished; begin a new one') {
    super(message);
  }
}

/** The transaction is waiting for the store in another call. Use a transaction from one task at a time. */
export class BusyError extends SessionError {
  override readonly name = 'BusyError';
  readonly code = 'busy';

  constructor() {
    super('the transaction is busy in another call; use it from one task at a time');
  }
}

/** The savepoint was released, or the transaction was rolled back to an earlier one. */
export class SavepointInvalidError extends SessionError {
  override readonly name = 'SavepointInvalidError';
  readonly code = 'savepoint-invalid';

  constructor() {
    super('the savepoint was released, or the transaction was rolled back to an earlier one');
  }
}

/** A name is empty or too long. Container names have 1 to 60 bytes; session ids, package names and keys 1 to 1,024. */
export class InvalidNameError extends SessionError {
  override readonly name = 'InvalidNameError';
  readonly code = 'invalid-name';
  /** What the name was meant for. */
  readonly kind: NameKind;
  /** The length of the name in bytes of UTF-8. */
  readonly length: number;
  /** The maximum length in bytes. */
  readonly limit: number;

  constructor({ kind, length, limit }: { kind: NameKind; length: number; limit: number }) {
    super(`a ${KIND_TEXTS[kind]} must have 1 to ${limit} bytes, not ${length}`);
    this.kind = kind;
    this.length = length;
    this.limit = limit;
  }
}

const KIND_TEXTS: Record<NameKind, string> = {
  container: 'container name',
  'session-id': 'session id',
  package: 'package name',
  key: 'key',
};

/** An option is out of its range. */
export class InvalidOptionError extends SessionError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'invalid-option';
  /** The name of the option as in the WIT, such as `remember-ended`; or `grace` or `patience`. */
  readonly option: string;
  /** The maximum value. */
  readonly maximum: number;
  /** The given value. */
  readonly given: number;

  constructor({ option, maximum, given }: { option: string; maximum: number; given: number }) {
    super(`the option ${option} must not be ${given}; the maximum is ${maximum}`);
    this.option = option;
    this.maximum = maximum;
    this.given = given;
  }
}

/** A text is not JSON. Only `Package.setJson` throws it. */
export class InvalidJsonError extends SessionError {
  override readonly name = 'InvalidJsonError';
  readonly code = 'invalid-json';
  /** The key that the text was meant for. */
  readonly key: string;
  /** A description of the syntax error, with line and column. */
  readonly reason: string;

  constructor({ key, reason }: { key: string; reason: string }) {
    super(`the text for key ${JSON.stringify(key)} is not JSON: ${reason}`);
    this.key = key;
    this.reason = reason;
  }
}

/** A number cannot be added with `Package.add`: the key holds no counter, or the sum would be out of range. */
export class NotACounterError extends SessionError {
  override readonly name = 'NotACounterError';
  readonly code = 'not-a-counter';
  /** The name of the package. */
  readonly package: string;
  /** The key. */
  readonly key: string;
  /** The counter under the key, if the sum would be out of range; undefined if the key holds no counter. */
  readonly held: number | undefined;
  /** The number to add; approximate beyond ±(2^53 - 1). */
  readonly added: number;

  constructor(data: { package: string; key: string; held: number | undefined; added: number }) {
    const why = data.held === undefined ? 'the value is not a counter' : 'the sum would be out of range';
    super(`cannot add to key ${JSON.stringify(data.key)} in package ${JSON.stringify(data.package)}: ${why}`);
    this.package = data.package;
    this.key = data.key;
    this.held = data.held;
    this.added = data.added;
  }
}

/** The transaction would join more sessions than it may. Split the work over several transactions. */
export class TooManySessionsError extends SessionError {
  override readonly name = 'TooManySessionsError';
  readonly code = 'too-many-sessions';
  /** The maximum number of sessions in one transaction. */
  readonly limit: number;

  constructor(limit: number) {
    super(`a transaction can join at most ${limit} sessions; split the work over several transactions`);
    this.limit = limit;
  }
}

/**
 * Other transactions changed what this one depends on, or kept it from finishing. Nothing was written, and nothing
 * will be. Run the transaction again on fresh data, as `transact` does.
 */
export class ConflictError extends SessionError {
  override readonly name = 'ConflictError';
  readonly code = 'conflict';
  /** What others changed first. */
  readonly conflicts: readonly ConflictPlace[];

  constructor(conflicts: readonly ConflictPlace[]) {
    super('other transactions changed what this one depends on; run it again');
    this.conflicts = conflicts;
  }
}

/** An error that names sessions. */
abstract class ErrorOfSessions extends SessionError {
  /** The sessions. */
  readonly sessions: readonly SessionName[];

  constructor(message: string, sessions: readonly SessionName[]) {
    super(message);
    this.sessions = sessions;
  }
}

/**
 * The sessions timed out or were evicted since they were loaded. Nothing was written, also not to sessions that were
 * begun under the same ids since. Their data is lost; treat the visitor as new.
 */
export class GoneError extends ErrorOfSessions {
  override readonly name = 'GoneError';
  readonly code = 'gone';

  constructor(sessions: readonly SessionName[]) {
    super('a session timed out or was evicted; treat its visitor as new', sessions);
  }
}

/**
 * The sessions were destroyed (for example by a logout), or their ids were renewed without a grace. Nothing was
 * written. Do not begin them again under the same ids; treat the visitor as new.
 */
export class EndedError extends ErrorOfSessions {
  override readonly name = 'EndedError';
  readonly code = 'ended';

  constructor(sessions: readonly SessionName[]) {
    super('a session has ended; treat its visitor as new', sessions);
  }
}

/**
 * The commit was sent, and the reply was lost: either all of its changes are applied, in all sessions, or none. If it
 * begins a session, it may also be applied later. Read the sessions again before deciding what to do. Nothing in this
 * package runs work again after this error.
 */
export class OutcomeUnknownError extends ErrorOfSessions {
  override readonly name = 'OutcomeUnknownError';
  readonly code = 'outcome-unknown';

  constructor(sessions: readonly SessionName[]) {
    super(
      'it is not known whether the commit was applied; read the sessions again before deciding what to do',
      sessions,
    );
  }
}
