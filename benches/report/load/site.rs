//! The requests to a site with a cart: `examples/cart`, and the programs of `benches/peers`.

use std::collections::BTreeMap;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde::Deserialize;

/// The number of each item.
pub type Counts = BTreeMap<String, u64>;

/// The name of an item.
pub fn thing(number: usize) -> String {
    format!("thing number {number}")
}

/// The response of the cart.
#[derive(Deserialize)]
struct Cart {
    items: Counts,
}

/// A request that adds one of an item.
pub fn add(thing: &str) -> Request<Full<Bytes>> {
    let request = Request::post("/cart/items").header(CONTENT_TYPE, "application/json");
    request.body(Full::from(format!(r#"{{"sku":"{thing}","qty":1}}"#))).expect("the request is well-formed")
}

/// A request for the counts.
pub fn look() -> Request<Full<Bytes>> {
    Request::get("/cart").body(Full::default()).expect("the request is well-formed")
}

/// The counts, from the body of the response.
pub fn counts(body: &[u8]) -> serde_json::Result<Counts> {
    serde_json::from_slice(body).map(|cart: Cart| cart.items)
}
