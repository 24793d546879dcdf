//! An edge function that answers 200, and does nothing else: what `serve` costs by itself.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Headers, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Empty;

impl Guest for Empty {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        let response = OutgoingResponse::new(Headers::new());
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        let _ = OutgoingBody::finish(body, None);
    }
}

wasip2::http::proxy::export!(Empty);
