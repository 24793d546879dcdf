// The HTTP contract: the requests and their responses.

import { visitors } from 'lovely-session';

import * as cart from './cart.js';
import { isQuantity, isSku } from './item.js';
import { STYLE, render } from './page.js';
import { Refusal, refusalFor } from './refusal.js';
import { fieldsOf, isCrossSite, isForm, pathOf, percentDecoded } from './request.js';
import * as response from './response.js';

const ITEM = '/cart/items/';

/** `overPlainHttp` is for `make run`: leave it out where browsers come over HTTPS. */
const shop = visitors('cart', { cookie: { name: 'sid', overPlainHttp: true }, shapes: cart.SHAPES });

const GET = ['GET', 'HEAD'];
const POST = ['POST'];
const DELETE = ['DELETE'];

const ROUTES = {
  '/': [GET, showPage],
  '/style.css': [GET, () => response.style(STYLE)],
  '/cart': [GET, showCart],
  '/cart/items': [POST, addItem],
  '/cart/remove': [POST, removeChosen],
  '/checkout': [POST, checkOut],
  '/logout': [POST, logOut],
};

/** Returns the response to any request. */
export async function answer(request) {
  try {
    return await route(request);
  } catch (error) {
    return refuse(request, refusalFor(error));
  }
}

function route(request) {
  const path = pathOf(request);
  const [methods, handler] = path.startsWith(ITEM) ? [DELETE, removeItem] : (ROUTES[path] ?? []);
  if (!handler) throw new Refusal(404, 'there is nothing at this address');
  if (!methods.includes(request.method)) {
    throw new Refusal(405, 'this address does not know this method', methods.join(', '));
  }
  if (methods !== GET && isCrossSite(request)) {
    throw new Refusal(403, 'another site may not change the cart');
  }
  return handler(request);
}

function showPage(request) {
  return shop.respond(request, (visit) => response.page(200, render(viewOf(visit))));
}

function showCart(request) {
  return shop.respond(request, (visit) => response.json(200, inJson(cart.look(visit.session))));
}

async function addItem(request) {
  const fields = await fieldsOf(request);
  const sku = skuIn(fields);
  const quantity = quantityIn(fields);
  return change(request, (visit) => cart.add(visit.sessionOrBegin(), sku, quantity));
}

/** `DELETE /cart/items/{sku}`. What is no SKU cannot be in a cart either. */
function removeItem(request) {
  const sku = decoded(pathOf(request).slice(ITEM.length));
  if (sku === undefined || !isSku(sku)) throw notInCart();
  return remove(request, sku);
}

/** `POST /cart/remove`: what a form does, which cannot send `DELETE`. */
async function removeChosen(request) {
  return remove(request, skuIn(await fieldsOf(request)));
}

function remove(request, sku) {
  return change(request, ({ session }) => {
    if (!session || !cart.remove(session, sku)) throw notInCart();
  });
}

/** Changes the cart, and returns it, with a cookie if a session began with the change. */
function change(request, work) {
  return shop.respond(request, (visit) => {
    work(visit);
    return succeed(request, inJson(cart.look(visit.session)));
  });
}

async function checkOut(request) {
  const coupon = (await fieldsOf(request)).text('coupon');
  if (coupon === undefined) throw new Refusal(400, 'coupon must be a text');
  return shop.respond(request, (visit) => {
    const { order, refusal } = cart.checkOut(visit, coupon);
    if (refusal) return refusalResponse(request, refusal, viewOf(visit));
    return succeed(request, { ok: true, order: inJson(order) });
  });
}

function logOut(request) {
  return shop.respond(request, (visit) => {
    visit.logOut();
    return succeed(request, { ok: true });
  });
}

/** What the page shows. */
function viewOf({ session }) {
  return { cart: cart.look(session), lastOrder: cart.lastOrder(session) };
}

/** The page for a form, and JSON for other requests. */
function succeed(request, value) {
  return isForm(request) ? response.seeOther('/') : response.json(200, value);
}

async function refuse(request, refusal) {
  const view = wantsPage(request) ? await viewIfReachable(request) : undefined;
  return refusalResponse(request, refusal, view);
}

function refusalResponse(request, { status, message, allow }, view) {
  const refused = wantsPage(request)
    ? response.page(status, render(view, message))
    : response.json(status, { error: message });
  if (allow) refused.headers.set('allow', allow);
  return refused;
}

/** The cart itself may be out of reach: then the page shows only the message. */
async function viewIfReachable(request) {
  try {
    return (await shop.visit(request, viewOf)).value;
  } catch {
    return undefined;
  }
}

function wantsPage(request) {
  return isForm(request) || pathOf(request) === '/';
}

/** A cart or an order, with its items as an object. */
function inJson(shown) {
  return { ...shown, items: Object.fromEntries(shown.items) };
}

function decoded(encoded) {
  try {
    return percentDecoded(encoded);
  } catch {
    return undefined;
  }
}

function skuIn(fields) {
  const sku = fields.text('sku');
  if (sku !== undefined && isSku(sku)) return sku;
  throw new Refusal(
    400,
    'sku must be a text of 1 to 64 characters, not blank, without control characters',
  );
}

function quantityIn(fields) {
  const quantity = fields.wholeNumber('qty');
  if (isQuantity(quantity)) return quantity;
  throw new Refusal(400, 'qty must be a whole number from 1 to 1000');
}

function notInCart() {
  return new Refusal(404, 'this is not in the cart');
}
