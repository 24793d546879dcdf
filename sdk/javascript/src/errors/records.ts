// The errors of the interface about stored records and about the store.

import { SessionError } from './base.js';
import type { SessionName } from './data.js';

/**
 * The record of a session would exceed the size limit. Nothing was written. A transaction that was begun by hand is
 * still open: remove something and commit again, or roll back. During a commit over several sessions a record also
 * holds the packages that change.
 */
export class TooLargeError extends SessionError {
  override readonly name = 'TooLargeError';
  readonly code = 'too-large';
  /** The session. */
  readonly session: SessionName;
  /** The size that the record would have, in bytes. */
  readonly size: number;
  /** The maximum size, in bytes. */
  readonly limit: number;

  constructor({ session, size, limit }: { session: SessionName; size: number; limit: number }) {
    super(`the record of a session would have ${size} bytes; the maximum is ${limit}`);
    this.session = session;
    this.size = size;
    this.limit = limit;
  }
}

/**
 * The record in the store is damaged. It must not be mistaken for an empty session. Inspect it with
 * `lovely-session inspect`, then remove it.
 */
export class DamagedError extends SessionError {
  override readonly name = 'DamagedError';
  readonly code = 'damaged';
  /** The session. */
  readonly session: SessionName;
  /** A description of what is wrong. */
  readonly reason: string;

  constructor({ session, reason }: { session: SessionName; reason: string }) {
    super(`the record of a session in container ${JSON.stringify(session.container)} is damaged: ${reason}`);
    this.session = session;
    this.reason = reason;
  }
}

/** The record has a format that the session component does not know. Upgrade the component. */
export class UnknownFormatError extends SessionError {
  override readonly name = 'UnknownFormatError';
  readonly code = 'unknown-format';
  /** The version of the format. */
  readonly version: number;

  constructor(version: number) {
    super(
      `the record of a session has format ${version}, which this session component does not know; upgrade the component`,
    );
    this.version = version;
  }
}

/** A failure of the store. */
abstract class StoreFailure extends SessionError {
  /** A description of the failure. */
  readonly reason: string;

  constructor(message: string, reason: string) {
    super(`${message}: ${reason}`);
    this.reason = reason;
  }
}

/** The store cannot be reached. Nothing was written. Retry later. */
export class UnavailableError extends StoreFailure {
  override readonly name = 'UnavailableError';
  readonly code = 'unavailable';

  constructor(reason: string) {
    super('the store cannot be reached; retry later', reason);
  }
}

/** The store does not support what sessions need (expiry, compare-and-swap). Nothing was written. Use another store. */
export class UnsupportedError extends StoreFailure {
  override readonly name = 'UnsupportedError';
  readonly code = 'unsupported';

  constructor(reason: string) {
    super('the store does not support what sessions need; use another one', reason);
  }
}

/** The store refused access. Nothing was written. Check its configuration. */
export class DeniedError extends StoreFailure {
  override readonly name = 'DeniedError';
  readonly code = 'denied';

  constructor(reason: string) {
    super('the store refused access; check its configuration', reason);
  }
}

/** The store failed in another way. Nothing was written. */
export class StoreError extends StoreFailure {
  override readonly name = 'StoreError';
  readonly code = 'store';

  constructor(reason: string) {
    super('the store failed', reason);
  }
}
