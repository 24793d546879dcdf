//! Counts a visitor's visits: the smallest edge function that keeps a session.

use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{Headers, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

use bindings::lovely::session::sessions::Container;
use bindings::lovely::session::transactions::{Error, Transaction};

#[allow(missing_docs, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "application", generate_all });
}

/// Counts a visit in the session with this id, or in a new one. Answers the count and the session's id.
fn visit(id: Option<&str>) -> Result<(u64, String), Error> {
    let transaction = Transaction::new(None);
    let container = Container::open("counter", None)?;
    let resumed = match id {
        Some(id) => container.resume(&transaction, id)?,
        None => None,
    };
    let session = match resumed {
        Some(session) => session,
        None => container.create(&transaction)?,
    };
    let visits = session.package("visits")?;
    let before: Option<u64> = visits.get("count")?.and_then(|json| json.parse().ok());
    let count = before.unwrap_or(0) + 1;
    visits.set("count", &count.to_string())?;
    transaction.commit()?;
    Ok((count, session.id()))
}

/// Runs `visit` again when another request came in between: nothing of it is stored then.
fn visit_until_settled(mut id: Option<&str>) -> Result<(u64, String), Error> {
    for _ in 0..10 {
        match visit(id) {
            Err(Error::Conflict(_)) => {}
            // The session has ended, or the id never was one of ours: this is a new visitor.
            Err(Error::Gone(_) | Error::Ended(_) | Error::InvalidName(_)) => id = None,
            settled => return settled,
        }
    }
    visit(id)
}

struct Counter;

impl Guest for Counter {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let headers = Headers::new();
        let (status, text) = match visit_until_settled(session_id(&request).as_deref()) {
            Ok((count, id)) => {
                let cookie = format!("sid={id}; HttpOnly; SameSite=Lax; Path=/");
                let _ = headers.append("set-cookie", cookie.as_bytes());
                (200, format!("visits: {count}\n"))
            }
            Err(_) => (503, "This visit may not have been counted; try again later.\n".to_owned()),
        };
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

wasi::http::proxy::export!(Counter);

/// The session's id in the visitor's cookie `sid`.
fn session_id(request: &IncomingRequest) -> Option<String> {
    let cookies = String::from_utf8(request.headers().get("cookie").join(&b';')).ok()?;
    let id = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("sid="))?;
    Some(id.to_owned())
}
