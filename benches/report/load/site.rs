//! The requests to a server.

use std::collections::BTreeMap;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use serde::Deserialize;

/// The number of each item.
pub type Counts = BTreeMap<String, u64>;

/// The name of an item.
pub fn thing(number: usize) -> String {
    format!("thing number {number}")
}

/// An application that counts things in a session.
#[derive(Clone, Copy, Debug)]
pub enum Site {
    /// `examples/cart`.
    Cart,
    /// A program of `benches/peers`, which counts one item: `POST /` adds one to it, and each response is the count.
    Counter,
}

/// The response of the cart.
#[derive(Deserialize)]
struct Cart {
    items: Counts,
}

impl Site {
    /// A request that adds one of an item.
    pub fn add(self, thing: &str) -> Request<Full<Bytes>> {
        let request = Request::builder().method(Method::POST);
        let request = match self {
            Self::Cart => request
                .uri("/cart/items")
                .header(CONTENT_TYPE, "application/json")
                .body(Full::from(format!(r#"{{"sku":"{thing}","qty":1}}"#))),
            Self::Counter => request.uri("/").body(Full::default()),
        };
        request.expect("the request is well-formed")
    }

    /// A request for the counts.
    pub fn look(self) -> Request<Full<Bytes>> {
        let uri = match self {
            Self::Cart => "/cart",
            Self::Counter => "/",
        };
        Request::get(uri).body(Full::default()).expect("the request is well-formed")
    }

    /// The counts, from the body of the response.
    pub fn counts(self, body: &[u8]) -> serde_json::Result<Counts> {
        match self {
            Self::Cart => serde_json::from_slice(body).map(|cart: Cart| cart.items),
            Self::Counter => serde_json::from_slice(body).map(|count| [(thing(0), count)].into()),
        }
    }
}
