// The HTTP contract: which request does what, and how it is answered.

import * as cart from './cart.js';
import { isQuantity, isSku } from './item.js';
import { STYLE, render } from './page.js';
import { Refusal, refusalFor } from './refusal.js';
import { fieldsOf, isCrossSite, isForm, pathOf, percentDecoded, sessionId } from './request.js';
import * as response from './response.js';
import { transact } from './transact.js';

const ITEM = '/cart/items/';

/**
 * The `Set-Cookie` value that hands a session's id to a browser, until it is closed. It is
 * `HttpOnly`, so that scripts cannot steal it, and `SameSite=Lax`, so that forms on other sites
 * cannot use it. Behind HTTPS, add `Secure`.
 */
const cookie = (session) => `sid=${session}; HttpOnly; SameSite=Lax; Path=/`;

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

/** Answers any request. */
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

async function showPage(request) {
  return response.page(200, render(await viewFor(request)));
}

async function showCart(request) {
  const { value } = await transact(sessionId(request), ({ session }) => cart.look(session));
  return response.json(200, inJson(value));
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

/** Changes the cart, and answers with it, and with a cookie if a session began with the change. */
async function change(request, work) {
  const { value, newSession } = await transact(sessionId(request), (visit) => {
    work(visit);
    return cart.look(visit.session);
  });
  return remember(succeed(request, inJson(value)), newSession);
}

async function checkOut(request) {
  const coupon = (await fieldsOf(request)).text('coupon');
  if (coupon === undefined) throw new Refusal(400, 'coupon must be a text');
  const work = (visit) => cart.checkOut(visit, coupon);
  const { value, newSession } = await transact(sessionId(request), work);
  const { order, refusal } = value;
  const answer = refusal ? await refuse(request, refusal) : succeed(request, { ok: true, order: inJson(order) });
  return remember(answer, newSession);
}

async function logOut(request) {
  await transact(sessionId(request), ({ session }) => session?.destroy());
  const answer = succeed(request, { ok: true });
  answer.headers.set('set-cookie', `${cookie('')}; Max-Age=0`);
  return answer;
}

async function viewFor(request) {
  const look = ({ session }) => ({ cart: cart.look(session), lastOrder: cart.lastOrder(session) });
  return (await transact(sessionId(request), look)).value;
}

/** A form is answered with the page, anything else with JSON. */
function succeed(request, value) {
  return isForm(request) ? response.seeOther('/') : response.json(200, value);
}

async function refuse(request, { status, message, allow }) {
  const forPeople = isForm(request) || pathOf(request) === '/';
  const answer = forPeople
    ? response.page(status, render(await viewIfReachable(request), message))
    : response.json(status, { error: message });
  if (allow) answer.headers.set('allow', allow);
  return answer;
}

/** The cart itself may be out of reach: then the page shows only the message. */
async function viewIfReachable(request) {
  try {
    return await viewFor(request);
  } catch {
    return undefined;
  }
}

function remember(answer, newSession) {
  if (newSession) answer.headers.set('set-cookie', cookie(newSession));
  return answer;
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
