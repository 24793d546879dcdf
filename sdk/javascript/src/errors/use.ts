// The errors that the SDK adds to those of the interface.

import { SessionError } from './base.js';

/** Where a value is, and what is wrong with it. */
interface ValueProblem {
  package: string;
  key: string;
  reason: string;
}

/** An error about a value. */
abstract class ValueError extends SessionError {
  /** The name of the package. */
  readonly package: string;
  /** The key. */
  readonly key: string;
  /** What is wrong with the value. */
  readonly reason: string;

  constructor(message: string, problem: ValueProblem, options?: ErrorOptions) {
    super(message, options);
    this.package = problem.package;
    this.key = problem.key;
    this.reason = problem.reason;
  }
}

/**
 * A stored value does not have the shape that was asked for. The stored value has not changed. `reason` is what the
 * shape reported; it can contain a part of the value, so the message does not have it.
 */
export class WrongTypeError extends ValueError {
  override readonly name = 'WrongTypeError';
  readonly code = 'wrong-type';

  constructor(problem: ValueProblem, options?: ErrorOptions) {
    const where = `key ${JSON.stringify(problem.key)} in package ${JSON.stringify(problem.package)}`;
    super(`the value of ${where} does not have the type it was read as`, problem, options);
  }
}

/**
 * A value has no exact representation in JSON. It was not stored. `reason` says which part of the value is not JSON,
 * and why.
 */
export class NotSerializableError extends ValueError {
  override readonly name = 'NotSerializableError';
  readonly code = 'not-serializable';

  constructor(problem: ValueProblem) {
    const where = `key ${JSON.stringify(problem.key)} in package ${JSON.stringify(problem.package)}`;
    super(`the value for ${where} has no representation in JSON: ${problem.reason}`, problem);
  }
}

/** Which rule a cookie breaks. */
export type InvalidCookieReason =
  | 'name'
  | 'prefix'
  | 'path'
  | 'host-prefix-path'
  | 'same-site'
  | 'same-site-none'
  | 'max-age'
  | 'partitioned'
  | 'session-id';

/** A cookie cannot carry a session's id: a browser would ignore the cookie, or read it as another one. */
export class InvalidCookieError extends SessionError {
  override readonly name = 'InvalidCookieError';
  readonly code = 'invalid-cookie';
  /** The rule that the cookie breaks. */
  readonly reason: InvalidCookieReason;

  constructor(reason: InvalidCookieReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The package was used in a way that it does not support. Correct the program. Nothing was stored. */
export class MisuseError extends SessionError {
  override readonly name = 'MisuseError';
  readonly code = 'misuse';

  constructor(message: string) {
    super(message);
  }
}
