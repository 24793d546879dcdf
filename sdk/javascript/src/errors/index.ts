export { SessionError, type ErrorCode } from './base.js';
export type { ConflictPlace, NameKind, SessionName } from './data.js';
export {
  DamagedError,
  DeniedError,
  StoreError,
  TooLargeError,
  UnavailableError,
  UnknownFormatError,
  UnsupportedError,
} from './records.js';
export {
  BusyError,
  ConflictError,
  EndedError,
  FinishedError,
  GoneError,
  InvalidJsonError,
  InvalidNameError,
  InvalidOptionError,
  NotACounterError,
  OutcomeUnknownError,
  SavepointInvalidError,
  TooManySessionsError,
} from './sessions.js';
export {
  InvalidCookieError,
  MisuseError,
  NotSerializableError,
  WrongTypeError,
  type InvalidCookieReason,
} from './use.js';
