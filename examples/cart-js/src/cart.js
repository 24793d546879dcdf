// The cart: what it keeps in a session, and how it changes.
//
// A session has two packages. `cart` has one key for each SKU, with its quantity, so that requests
// that change different things touch different keys. `checkout` has `attempts`, the number of
// checkouts that failed, and `coupon` and `reservation`, which are the last order.
//
// What is only shown is peeked at, so that a request that adds one thing and answers with the whole
// cart depends on that one thing alone. A checkout depends on everything that it orders.

import { Refusal } from './refusal.js';

/** What the session must hold. Anything else was stored by another program, and is an error. */
export const SHAPES = {
  cart: asQuantity,
  checkout: { attempts: asQuantity, coupon: asText, reservation: asReservation },
};

/** The one coupon that a checkout takes. */
const VALID_COUPON = 'WELCOME';

/** The most of one thing that a cart holds. */
const MAX_HELD = 1_000_000;

/** The cart in a session, to be shown; an empty one where there is no session. */
export function look(session) {
  if (!session) return { items: [], count: 0 };
  const items = session.package('cart').peekEntries();
  const failed = session.package('checkout').peek('attempts');
  return { items, count: countOf(items), attempts: failed || undefined };
}

/** The last order in a session, to be shown; undefined if there was none. */
export function lastOrder(session) {
  const checkout = session?.package('checkout');
  const coupon = checkout?.peek('coupon');
  if (coupon === undefined) return undefined;
  const items = Object.entries(checkout.peek('reservation') ?? {});
  return { items, count: countOf(items), coupon };
}

/**
 * Adds to what is there. The limit depends on that, so it is read; two requests that add the same
 * thing conflict, and one of them runs again.
 */
export function add(session, sku, quantity) {
  const cart = session.package('cart');
  const total = (cart.get(sku) ?? 0) + quantity;
  if (total > MAX_HELD) throw new Refusal(400, 'a cart holds at most 1000000 of one thing');
  cart.set(sku, total);
}

/** Removes all of a thing; false if there was none. */
export function remove(session, sku) {
  return session.package('cart').delete(sku);
}

/**
 * Orders what is in the cart, and empties it; or counts a failed attempt, and changes nothing else.
 * Returns the order or the refusal. Either way there is something to commit.
 */
export function checkOut(visit, coupon) {
  const session = visit.sessionOrBegin();
  const checkout = session.package('checkout');
  const beforeOrder = visit.savepoint();
  const order = placeOrder(session.package('cart'), checkout, coupon);
  const refusal = objectionTo(order);
  if (refusal) {
    beforeOrder.rollback();
    // To count needs no look at the number, so that it conflicts with nobody.
    checkout.add('attempts', 1);
    return { refusal };
  }
  return { order };
}

/** Moves the items from the cart to the reservation. */
function placeOrder(cart, checkout, coupon) {
  const items = cart.entries();
  checkout.update({ coupon, reservation: Object.fromEntries(items) });
  cart.clear();
  return { items, count: countOf(items), coupon };
}

function objectionTo(order) {
  if (order.coupon !== VALID_COUPON) return new Refusal(422, 'this coupon is not valid');
  if (order.items.length === 0) return new Refusal(422, 'the cart is empty');
  return undefined;
}

function countOf(items) {
  return items.reduce((count, [, quantity]) => count + quantity, 0);
}

function asQuantity(value) {
  return expect(Number.isInteger(value), value);
}

function asText(value) {
  return expect(typeof value === 'string', value);
}

function asReservation(value) {
  return expect(Object.values(Object(value)).every(Number.isInteger), value);
}

function expect(isRight, value) {
  if (isRight) return value;
  throw new TypeError('this is not part of a cart');
}
