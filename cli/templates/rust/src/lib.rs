//! Counts a visitor's visits: the smallest edge function that keeps a session.

use lovely_session::{Cookie, Error, Visit, Visitors};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Headers, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

/// `over_plain_http` is for development: leave it out where browsers come over HTTPS.
const VISITORS: Visitors = Visitors::new("counter", Cookie::new("sid").over_plain_http());

/// Counts a visit in the visitor's session.
fn count(visit: &Visit) -> Result<u64, Error> {
    let visits = visit.session_or_begin()?.package("visits")?;
    let count = visits.get("count")?.unwrap_or(0) + 1;
    visits.set("count", &count)?;
    Ok(count)
}

/// Returns the status and the text of a response, and adds the cookie to the headers.
fn answer(request: &IncomingRequest, headers: &Headers) -> (u16, String) {
    match VISITORS.visit(request.headers().get("cookie"), count) {
        Ok(visited) => {
            if let Some(cookie) = visited.set_cookie {
                let _ = headers.append("set-cookie", cookie.as_bytes());
            }
            (200, format!("visits: {}\n", visited.value))
        }
        Err(_) => (503, "This visit may not have been counted; try again later.\n".to_owned()),
    }
}

struct Counter;

impl Guest for Counter {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let headers = Headers::new();
        let (status, text) = answer(&request, &headers);
        let response = OutgoingResponse::new(headers);
        let _ = response.set_status_code(status);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(text.as_bytes());
        }
        let _ = OutgoingBody::finish(body, None);
    }
}

wasip2::http::proxy::export!(Counter);
