//! A visitor with a full cart.

use std::net::SocketAddr;

use hyper::StatusCode;

use super::THINGS;
use super::site::thing;
use super::visitor::Visitor;
use crate::clients::Client;

/// A visitor of a cart on its own connection that adds one of the same item with each request.
pub struct Shopper {
    visitor: Visitor,
    /// The additions with 200 as the status of the response.
    added: u64,
    /// The other additions, which were made or were not.
    doubtful: u64,
}

impl Shopper {
    /// Connects, and fills a cart. With a server that has no cart, this stores nothing.
    pub async fn arrive(address: SocketAddr) -> Self {
        let mut visitor = Visitor::arrive(address).await;
        visitor.fill(THINGS).await;
        Self { visitor, added: 1, doubtful: 0 }
    }

    /// Adds one more. Returns the status of the response; none if the connection was closed.
    pub async fn add(&mut self) -> Option<StatusCode> {
        let status = self.visitor.add(&thing(0)).await;
        match status {
            Some(StatusCode::OK) => self.added += 1,
            _ => self.doubtful += 1,
        }
        status
    }

    /// Checks the cart.
    ///
    /// # Panics
    ///
    /// When an addition with 200 is missing, or when there are more than were requested.
    pub async fn check(&mut self) {
        let there = self.visitor.look().await[&thing(0)];
        let possible = self.added..=self.added + self.doubtful;
        assert!(possible.contains(&there), "there are {there}, and not one of {possible:?}");
    }
}

impl Client for Shopper {
    async fn transact(&mut self) {
        assert_eq!(self.add().await, Some(StatusCode::OK));
    }
}
