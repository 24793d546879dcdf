/** The cases of `lovely:session/transactions.error`, and what the SDK adds to them. */
export type ErrorCode =
  | 'finished'
  | 'busy'
  | 'savepoint-invalid'
  | 'invalid-name'
  | 'invalid-option'
  | 'invalid-json'
  | 'not-a-counter'
  | 'too-many-sessions'
  | 'conflict'
  | 'gone'
  | 'ended'
  | 'too-large'
  | 'damaged'
  | 'unknown-format'
  | 'unavailable'
  | 'unsupported'
  | 'denied'
  | 'store'
  | 'outcome-unknown'
  | 'wrong-type'
  | 'not-serializable'
  | 'invalid-cookie'
  | 'misuse';

/**
 * Why a call failed. A call that fails has changed nothing, unless the class says otherwise.
 *
 * There is a subclass for each code. The messages are for logs: they contain no session ids and no values, because
 * these are secrets. The data of an error can contain them; ids are not enumerable, so that neither `console.error` nor
 * `JSON.stringify` prints them.
 */
export abstract class SessionError extends Error {
  /** Which error it is; for the errors of the interface, the name of the case in WIT. */
  abstract readonly code: ErrorCode;
}
