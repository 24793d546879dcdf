//! An edge function that does with the SDK what a request tells it, for the tests of the SDKs. `README.md` has the
//! requests.

mod body;
mod error;
mod plan;
mod steps;
mod work;

use serde_json::{Value, json};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Headers, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

use crate::plan::Plan;

wasip2::http::proxy::export!(Program);

struct Program;

impl Guest for Program {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let cookies = request.headers().get("cookie");
        let headers = Headers::new();
        let (status, answer) = match serde_json::from_slice::<Plan>(&body::read(&request)) {
            Ok(plan) => {
                let done = work::run(&plan, &cookies);
                if let Some(cookie) = &done.set_cookie {
                    let _ = headers.append("set-cookie", cookie.as_bytes());
                }
                (200, done.answer)
            }
            Err(error) => (400, json!({"error": {"name": "bad-request", "text": error.to_string()}})),
        };
        respond(headers, status, &answer, out);
    }
}

fn respond(headers: Headers, status: u16, answer: &Value, out: ResponseOutparam) {
    let _ = headers.append("content-type", b"application/json");
    let response = OutgoingResponse::new(headers);
    let _ = response.set_status_code(status);
    let Ok(body) = response.body() else { return };
    ResponseOutparam::set(out, Ok(response));
    if let Ok(stream) = body.write() {
        // A stream takes at most 4096 bytes at once.
        for piece in answer.to_string().as_bytes().chunks(4096) {
            let _ = stream.blocking_write_and_flush(piece);
        }
    }
    let _ = OutgoingBody::finish(body, None);
}
