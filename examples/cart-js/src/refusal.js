// Responses with errors.

import { SessionError } from 'lovely-session';

/** Why a request was not done. The message is for a person, and never repeats what the client sent. */
export class Refusal extends Error {
  /** `allow` is what a 405 must name: the methods to use instead. */
  constructor(status, message, allow) {
    super(message);
    this.status = status;
    this.allow = allow;
  }
}

const LOST_RACE = [503, 'too many requests changed this cart at the same time; try again'];
const NOT_A_CART = [500, 'the session holds something that is not a cart'];

/** What a client is told when the sessions fail. */
const SESSION_ERRORS = {
  conflict: LOST_RACE,
  gone: LOST_RACE,
  ended: LOST_RACE,
  unavailable: [503, 'the cart cannot be reached now; try again later'],
  'outcome-unknown': [503, 'it is not known whether this was done; look at the cart, then decide'],
  'too-large': [413, 'the cart is full; remove something first'],
  damaged: [500, 'the stored cart is damaged; tell the people of this site'],
  'unknown-format': [500, 'the cart was stored by a newer version of this site'],
  unsupported: [500, 'the store of this site cannot keep sessions'],
  denied: [500, 'the store of this site refused access'],
  'wrong-type': NOT_A_CART,
  'not-a-counter': NOT_A_CART,
};

/** What a client is told of any error. One that nobody expected goes to the log. */
export function refusalFor(error) {
  if (error instanceof Refusal) return error;
  const known = error instanceof SessionError && SESSION_ERRORS[error.code];
  if (known) return new Refusal(...known);
  console.error(error);
  return new Refusal(500, 'something is wrong with this site');
}
