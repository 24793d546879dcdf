//! HTTP clients that load a server.

mod connection;
mod site;
mod visitor;

use std::net::SocketAddr;

pub use self::connection::Connection;
pub use self::site::{Counts, Site, thing};
pub use self::visitor::Visitor;
use crate::clients::Client;

/// The number of items in a visitor's cart: a session of about 1 KB.
pub const THINGS: usize = 40;

/// The arguments of a server apart from its store: waiting clients keep their connections, and no files are left in the
/// user's cache.
pub const SERVER: [&str; 3] = ["--no-cache", "--header-timeout", "3600"];

/// A visitor of the cart on its own connection that adds one of the same item with each request.
pub struct Shopper(Visitor);

impl Shopper {
    /// Connects, and fills a cart. With a server that has no cart, this stores nothing.
    pub async fn arrive(address: SocketAddr) -> Self {
        let mut visitor = Visitor::arrive(Site::Cart, address).await;
        visitor.fill(THINGS).await;
        Self(visitor)
    }
}

impl Client for Shopper {
    async fn transact(&mut self) {
        self.0.add_surely(&thing(0)).await;
    }
}
