//! HTTP clients that put a load on a server.

mod connection;
mod site;
mod visitor;

use std::net::SocketAddr;

pub use self::connection::Connection;
pub use self::site::{Counts, Site, thing};
pub use self::visitor::Visitor;
use crate::clients::Client;

/// How many things are in a visitor's cart: a session of about 1 KB.
pub const THINGS: usize = 40;

/// What a server is started with besides its store: clients that wait for their turn keep their connections, and
/// nothing is left in the cache of the user.
pub const SERVER: [&str; 3] = ["--no-cache", "--header-timeout", "3600"];

/// A visitor of the cart on a connection of its own, who adds one more of the same thing with each request.
pub struct Shopper(Visitor);

impl Shopper {
    /// Connects, and fills a cart. A server that keeps no cart answers as well, and remembers nothing.
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
