// The data of errors.

/** What a name in an error names. */
export type NameKind = 'container' | 'session-id' | 'package' | 'key';

/** A session, as named in an error. */
export interface SessionName {
  /** The name of the session's container. */
  readonly container: string;
  /** The id of the session. It is a secret: do not log it. The property is not enumerable. */
  readonly session: string;
}

/** What another transaction changed first. */
export interface ConflictPlace extends SessionName {
  /** The package; undefined when the whole session conflicts. */
  readonly package: string | undefined;
  /** The key in the package; undefined when the whole package conflicts. */
  readonly key: string | undefined;
}

/** Hides the id from what prints or copies enumerable properties. */
export function withHiddenId<T extends SessionName>(named: T): T {
  return Object.defineProperty({ ...named }, 'session', { enumerable: false });
}
