// The errors that the SDK adds to those of the interface.

import { SessionError } from './base.js';

/** A stored value does not have the shape that was asked for. The stored value has not changed. */
export class WrongTypeError extends SessionError {
  override readonly name = 'WrongTypeError';
  readonly code = 'wrong-type';
  /** The name of the package. */
  readonly package: string;
  /** The key. */
  readonly key: string;
  /** What the shape reported. It can contain a part of the value. */
  readonly reason: string;

  constructor(data: { package: string; key: string; reason: string }, options?: ErrorOptions) {
    super(
      `the value of key ${JSON.stringify(data.key)} in package ${JSON.stringify(data.package)} does not have the type it was read as`,
      options,
    );
    this.package = data.package;
    this.key = data.key;
    this.reason = data.reason;
  }
}

/** A value has no exact representation in JSON. It was not stored. */
export class NotSerializableError extends SessionError {
  override readonly name = 'NotSerializableError';
  readonly code = 'not-serializable';
  /** The name of the package. */
  readonly package: string;
  /** The key. */
  readonly key: string;
  /** Which part of the value is not JSON, and why. */
  readonly reason: string;

  constructor(data: { package: string; key: string; reason: string }) {
    super(
      `the value for key ${JSON.stringify(data.key)} in package ${JSON.stringify(data.package)} has no representation in JSON: ${data.reason}`,
    );
    this.package = data.package;
    this.key = data.key;
    this.reason = data.reason;
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
