//! An edge function as people write them: it counts the visits of a session, and asks a backend, with a key from its
//! environment.

use lovely_session::{Cookie, Error, Visit, Visitors};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Headers, IncomingRequest, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam,
    Scheme,
};

const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid"));

fn count(visit: &Visit) -> Result<u64, Error> {
    let visits = visit.session_or_begin()?.package("visits")?;
    let count = visits.get("count")?.unwrap_or(0) + 1;
    visits.set("count", &count)?;
    Ok(count)
}

/// The status of the backend's response to a request with the key.
fn ask_backend() -> Result<u16, ErrorCode> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let key = format!("Bearer {}", variable("API_KEY"));
    let headers = Headers::new();
    let _ = headers.append("authorization", key.as_bytes());
    let request = OutgoingRequest::new(headers);
    let _ = request.set_scheme(Some(&Scheme::Http));
    let _ = request.set_authority(Some(&variable("BACKEND")));
    let _ = request.set_path_with_query(Some("/price"));
    let response = outgoing_handler::handle(request, None)?;
    response.subscribe().block();
    match response.get() {
        Some(Ok(response)) => Ok(response?.status()),
        _ => Err(ErrorCode::InternalError(None)),
    }
}

fn answer(request: &IncomingRequest, headers: &Headers) -> (u16, String) {
    let backend = match ask_backend() {
        Ok(status) => status,
        Err(code) => return (502, format!("{code:?}\n")),
    };
    match VISITORS.visit(request.headers().get("cookie"), count) {
        Ok(visited) => {
            if let Some(cookie) = visited.set_cookie {
                let _ = headers.append("set-cookie", cookie.as_bytes());
            }
            (200, format!("visits: {}; backend: {backend}\n", visited.value))
        }
        Err(_) => (503, "try again later\n".to_owned()),
    }
}

struct Shop;

impl Guest for Shop {
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

wasip2::http::proxy::export!(Shop);
