//! The cart: what it keeps in a session, and how it changes.
//!
//! A session has two packages. `cart` has one key for each SKU, with its quantity, so that requests
//! that change different items change different keys. `checkout` has `attempts`, the number of
//! checkouts that failed, and `coupon` and `reservation`, which are the last order.
//!
//! Items that are only shown are peeked at, so that a request that adds one item and returns the
//! whole cart depends on that item alone. A checkout depends on everything that it orders.

use std::collections::BTreeMap;

use lovely_session::{Error, Package, Session, Visit};
use serde::Serialize;

use crate::item::{Quantity, Sku};
use crate::refusal::Refusal;

/// The only valid coupon.
const VALID_COUPON: &str = "WELCOME";

/// See [`Quantity::added_to`].
const TOO_MANY: Refusal = Refusal::bad_request("a cart holds at most 1000000 of one thing");

const CART: &str = "cart";
const CHECKOUT: &str = "checkout";
const ATTEMPTS: &str = "attempts";
const COUPON: &str = "coupon";
const RESERVATION: &str = "reservation";

/// Quantities by SKU.
pub type Items = BTreeMap<String, u32>;

/// A cart, as `GET /cart` shows it.
#[derive(Default, Serialize)]
pub struct Cart {
    pub items: Items,
    pub count: u64,
    /// The number of failed checkouts in this session; none if no checkout has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// The order of a checkout.
#[derive(Serialize)]
pub struct Order {
    pub items: Items,
    pub count: u64,
    pub coupon: String,
}

/// How a checkout ended. In both cases there is something to commit.
pub enum Checkout {
    Ordered(Order),
    Declined(Refusal),
}

/// The cart in a session, for display; an empty cart if there is no session.
pub fn look(session: Option<&Session>) -> Result<Cart, Error> {
    let Some(session) = session else { return Ok(Cart::default()) };
    let items: Items = session.package(CART)?.peek_entries()?;
    let failed: Option<u32> = session.package(CHECKOUT)?.peek(ATTEMPTS)?;
    Ok(Cart { count: count(&items), items, attempts: failed.filter(|failed| *failed > 0) })
}

/// The last order in a session, for display, if there was one.
pub fn last_order(session: Option<&Session>) -> Result<Option<Order>, Error> {
    let Some(session) = session else { return Ok(None) };
    let checkout = session.package(CHECKOUT)?;
    let Some(coupon) = checkout.peek(COUPON)? else { return Ok(None) };
    let items: Items = checkout.peek(RESERVATION)?.unwrap_or_default();
    Ok(Some(Order { count: count(&items), items, coupon }))
}

/// Adds to the quantity in the cart. The limit depends on that quantity, so it is read: two requests
/// that add the same item conflict, and one of them runs again.
pub fn add(session: &Session, sku: &Sku, quantity: Quantity) -> Result<(), Refusal> {
    let cart = session.package(CART)?;
    let held = cart.get(sku.as_str())?.unwrap_or(0);
    let total = quantity.added_to(held).ok_or(TOO_MANY)?;
    Ok(cart.set(sku.as_str(), &total)?)
}

/// Removes an item; false if there was none.
pub fn remove(session: &Session, sku: &Sku) -> Result<bool, Error> {
    session.package(CART)?.remove(sku.as_str())
}

/// Orders the items in the cart, and empties it; or counts a failed attempt, and changes nothing else.
pub fn check_out(visit: &Visit, coupon: &str) -> Result<Checkout, Error> {
    let session = visit.session_or_begin()?;
    let checkout = session.package(CHECKOUT)?;
    let before_order = visit.savepoint()?;
    let order = place_order(&session.package(CART)?, &checkout, coupon)?;
    if let Some(refusal) = objection(&order) {
        before_order.rollback()?;
        // `add` does not read the number, so counting does not conflict with other requests.
        checkout.add(ATTEMPTS, 1)?;
        return Ok(Checkout::Declined(refusal));
    }
    Ok(Checkout::Ordered(order))
}

/// Moves the items from the cart to the reservation.
fn place_order(cart: &Package, checkout: &Package, coupon: &str) -> Result<Order, Error> {
    let items: Items = cart.entries()?;
    checkout.set(COUPON, coupon)?;
    checkout.set(RESERVATION, &items)?;
    cart.clear()?;
    Ok(Order { count: count(&items), items, coupon: coupon.to_owned() })
}

fn objection(order: &Order) -> Option<Refusal> {
    if order.coupon != VALID_COUPON {
        Some(Refusal::new(422, "this coupon is not valid"))
    } else if order.items.is_empty() {
        Some(Refusal::new(422, "the cart is empty"))
    } else {
        None
    }
}

fn count(items: &Items) -> u64 {
    items.values().copied().map(u64::from).sum()
}
