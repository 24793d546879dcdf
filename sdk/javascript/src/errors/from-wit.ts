// The errors of the interface as classes.

import type { Error as WitError } from 'lovely:session/transactions@0.1.0';

import type { SessionError } from './base.js';
import { withHiddenId } from './data.js';
import * as records from './records.js';
import * as sessions from './sessions.js';

/** Returns the error for a case of `lovely:session/transactions.error`. Numbers of 64 bits become numbers. */
export function errorFrom(error: WitError): SessionError {
  switch (error.tag) {
    case 'finished':
      return new sessions.FinishedError();
    case 'busy':
      return new sessions.BusyError();
    case 'savepoint-invalid':
      return new sessions.SavepointInvalidError();
    case 'invalid-name':
      return new sessions.InvalidNameError(error.val);
    case 'invalid-option':
      return new sessions.InvalidOptionError({
        option: error.val.name,
        maximum: Number(error.val.maximum),
        given: Number(error.val.given),
      });
    case 'invalid-json':
      return new sessions.InvalidJsonError(error.val);
    case 'not-a-counter':
      return new sessions.NotACounterError({
        package: error.val.package,
        key: error.val.key,
        held: error.val.held === undefined ? undefined : Number(error.val.held),
        added: Number(error.val.added),
      });
    case 'too-many-sessions':
      return new sessions.TooManySessionsError(error.val);
    case 'conflict':
      return new sessions.ConflictError(
        error.val.map(({ container, session, package: name, key }) =>
          withHiddenId({ container, session, package: name, key }),
        ),
      );
    case 'gone':
      return new sessions.GoneError(error.val.map(withHiddenId));
    case 'ended':
      return new sessions.EndedError(error.val.map(withHiddenId));
    case 'outcome-unknown':
      return new sessions.OutcomeUnknownError(error.val.map(withHiddenId));
    default:
      return recordErrorFrom(error);
  }
}

type RecordTag = 'too-large' | 'damaged' | 'unknown-format' | 'unavailable' | 'unsupported' | 'denied' | 'store';

function recordErrorFrom(error: Extract<WitError, { tag: RecordTag }>): SessionError {
  switch (error.tag) {
    case 'too-large': {
      const { session, size, limit } = error.val;
      return new records.TooLargeError({
        session: withHiddenId(session),
        size: Number(size),
        limit: Number(limit),
      });
    }
    case 'damaged':
      return new records.DamagedError({ session: withHiddenId(error.val.session), reason: error.val.reason });
    case 'unknown-format':
      return new records.UnknownFormatError(error.val);
    case 'unavailable':
      return new records.UnavailableError(error.val);
    case 'unsupported':
      return new records.UnsupportedError(error.val);
    case 'denied':
      return new records.DeniedError(error.val);
    case 'store':
      return new records.StoreError(error.val);
  }
}
