//! HTTP clients that load a server.

mod connection;
mod open;
mod outcome;
mod shopper;
mod shoppers;
mod site;
mod visitor;

use lovely_session_tests::binary::Serving;

pub use self::connection::Connection;
pub use self::outcome::Outcome;
pub use self::shopper::Shopper;
pub use self::shoppers::Shoppers;
pub use self::site::{Counts, thing};
pub use self::visitor::Visitor;

/// The number of items in a visitor's cart: a session of about 1 KB.
pub const THINGS: usize = 40;

/// The arguments of a server apart from its store: waiting clients keep their connections, and no files are left in the
/// user's cache.
pub const SERVER: [&str; 3] = ["--no-cache", "--header-timeout", "3600"];

/// Starts `lovely-session serve` with `examples/cart`, whose carts are in a store.
pub fn serve_cart(store: &str) -> Serving {
    Serving::start_with(env!("CART_WASM"), SERVER.into_iter().chain(["--store", store]))
}
