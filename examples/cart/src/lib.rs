//! A shopping cart: an HTTP edge function that keeps its visitors' sessions.
//!
//! Read `cart` for what an application does with a session, and `routes` for the HTTP contract. The
//! other modules are plain HTTP and HTML.

mod cart;
mod fields;
mod item;
mod page;
mod percent;
mod refusal;
mod request;
mod response;
mod routes;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Cart;

impl Guest for Cart {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        routes::answer(&request::Request::new(request)).send(out);
    }
}

wasip2::http::proxy::export!(Cart);
