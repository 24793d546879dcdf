// The imports of the component, as generated from the WIT, and the translation of their errors. No other module
// imports them.

import {
  Container as WitContainer,
  Package as WitPackage,
  Session as WitSession,
} from 'lovely:session/sessions@0.1.0';
import {
  Savepoint as WitSavepoint,
  Transaction as WitTransaction,
  type Error as WitError,
} from 'lovely:session/transactions@0.1.0';

import { errorFrom } from './errors/from-wit.js';

export { WitContainer, WitPackage, WitSavepoint, WitSession, WitTransaction };

/** Calls the component. An error of the interface becomes a `SessionError`; any other error stays as it is. */
export function call<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    const payload = (thrown as { payload?: WitError } | undefined)?.payload;
    throw typeof payload?.tag === 'string' ? errorFrom(payload) : thrown;
  }
}
