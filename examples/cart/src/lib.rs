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

// A request's first allocation then does not have to grow the memory.
use lovely_session_heap as _;
use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{IncomingRequest, ResponseOutparam};

struct Cart;

impl Guest for Cart {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        routes::answer(&request::Request::new(request)).send(out);
    }
}

wasi::http::proxy::export!(Cart);
