//! The HTTP contract: the requests and their responses.

use lovely_session::{Cookie, Visit, Visited, Visitors};
use serde::Serialize;
use serde_json::json;

use crate::cart::{self, Cart, Checkout};
use crate::item::{Quantity, Sku};
use crate::page::{self, View};
use crate::percent;
use crate::refusal::Refusal;
use crate::request::{Request, Verb};
use crate::response::Response;

type Handler = fn(&Request) -> Result<Response, Refusal>;

/// `over_plain_http` is for `make run`: leave it out where browsers come over HTTPS.
const VISITORS: Visitors = Visitors::new("cart", Cookie::new("sid").over_plain_http());

const ITEM: &str = "/cart/items/";
const INVALID_SKU: Refusal =
    Refusal::bad_request("sku must be a text of 1 to 64 characters, not blank, without control characters");
const INVALID_QUANTITY: Refusal = Refusal::bad_request("qty must be a whole number from 1 to 1000");
const INVALID_COUPON: Refusal = Refusal::bad_request("coupon must be a text");
const NOT_IN_CART: Refusal = Refusal::new(404, "this is not in the cart");

/// The response to any request.
pub fn answer(request: &Request) -> Response {
    route(request).unwrap_or_else(|refusal| refuse(request, &refusal))
}

fn route(request: &Request) -> Result<Response, Refusal> {
    let (verb, handler): (Verb, Handler) = match request.path() {
        "/" => (Verb::Get, show_page),
        "/style.css" => (Verb::Get, |_| Ok(Response::style(page::STYLE))),
        "/cart" => (Verb::Get, show_cart),
        "/cart/items" => (Verb::Post, add_item),
        "/cart/remove" => (Verb::Post, remove_chosen),
        "/checkout" => (Verb::Post, check_out),
        "/logout" => (Verb::Post, log_out),
        path if path.starts_with(ITEM) => (Verb::Delete, remove_item),
        _ => return Err(Refusal::new(404, "there is nothing at this address")),
    };
    if request.verb() != verb {
        return Err(Refusal::method_not_allowed(verb));
    }
    if verb != Verb::Get && request.is_cross_site() {
        return Err(Refusal::new(403, "another site may not change the cart"));
    }
    handler(request)
}

fn show_page(request: &Request) -> Result<Response, Refusal> {
    Ok(Response::page(200, page::render(Some(&view(request)?), None)))
}

fn show_cart(request: &Request) -> Result<Response, Refusal> {
    let seen = visit(request, |visit| Ok(cart::look(visit.session())?))?;
    Ok(Response::json(200, &seen.value))
}

fn add_item(request: &Request) -> Result<Response, Refusal> {
    let fields = request.fields()?;
    let sku = fields.text("sku").and_then(Sku::new).ok_or(INVALID_SKU)?;
    let quantity = fields.whole_number("qty").and_then(Quantity::new).ok_or(INVALID_QUANTITY)?;
    let changed = visit(request, |visit| {
        let session = visit.session_or_begin()?;
        cart::add(session, &sku, quantity)?;
        Ok(cart::look(Some(session))?)
    })?;
    Ok(done(request, &changed))
}

/// `DELETE /cart/items/{sku}`. An invalid SKU is in no cart.
fn remove_item(request: &Request) -> Result<Response, Refusal> {
    let encoded = request.path().strip_prefix(ITEM).unwrap_or_default();
    let decoded = percent::decode(encoded).ok_or(NOT_IN_CART)?;
    remove(request, &Sku::new(&decoded).ok_or(NOT_IN_CART)?)
}

/// `POST /cart/remove`, for forms, which cannot send `DELETE`.
fn remove_chosen(request: &Request) -> Result<Response, Refusal> {
    let fields = request.fields()?;
    remove(request, &fields.text("sku").and_then(Sku::new).ok_or(INVALID_SKU)?)
}

fn remove(request: &Request, sku: &Sku) -> Result<Response, Refusal> {
    let changed = visit(request, |visit| match visit.session() {
        Some(session) if cart::remove(session, sku)? => Ok(cart::look(Some(session))?),
        _ => Err(NOT_IN_CART),
    })?;
    Ok(done(request, &changed))
}

fn check_out(request: &Request) -> Result<Response, Refusal> {
    let fields = request.fields()?;
    let coupon = fields.text("coupon").ok_or(INVALID_COUPON)?;
    let checkout = visit(request, |visit| Ok(cart::check_out(visit, coupon)?))?;
    let response = match &checkout.value {
        Checkout::Ordered(order) => succeed(request, &json!({"ok": true, "order": order})),
        Checkout::Declined(refusal) => refuse(request, refusal),
    };
    Ok(remember(response, &checkout))
}

fn log_out(request: &Request) -> Result<Response, Refusal> {
    let ended = visit(request, |visit| Ok(visit.log_out()?))?;
    Ok(remember(succeed(request, &json!({"ok": true})), &ended))
}

fn view(request: &Request) -> Result<View, Refusal> {
    let seen = visit(request, |visit| {
        let session = visit.session();
        Ok(View { cart: cart::look(session)?, last_order: cart::last_order(session)? })
    })?;
    Ok(seen.value)
}

/// Runs `work` with the session of the visitor who sent the request.
fn visit<T>(
    request: &Request,
    work: impl FnMut(&Visit) -> Result<T, Refusal>,
) -> Result<Visited<T>, Refusal> {
    VISITORS.visit(request.cookies(), work)
}

/// The response to a change of the cart: the cart, and a cookie if a session began with it.
fn done(request: &Request, changed: &Visited<Cart>) -> Response {
    remember(succeed(request, &changed.value), changed)
}

/// The page for a form, and JSON for other requests.
fn succeed(request: &Request, value: &impl Serialize) -> Response {
    if request.is_form() { Response::see_other("/") } else { Response::json(200, value) }
}

fn refuse(request: &Request, refusal: &Refusal) -> Response {
    let response = if request.is_form() || request.path() == "/" {
        // If the cart cannot be loaded either, the page shows only the message.
        let view = view(request).ok();
        Response::page(refusal.status, page::render(view.as_ref(), Some(refusal.message)))
    } else {
        Response::json(refusal.status, &json!({"error": refusal.message}))
    };
    match refusal.allow {
        Some(verb) => response.with("allow", verb.names()),
        None => response,
    }
}

fn remember<T>(response: Response, visited: &Visited<T>) -> Response {
    match &visited.set_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    }
}
