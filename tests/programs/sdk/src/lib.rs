//! An edge function that does with the SDK what its path says, for the SDK's tests.

mod runs;
mod values;
mod visits;

use lovely_session::Error;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Headers, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

wasip2::http::proxy::export!(Program);

struct Program;

/// The text of a response, and the cookie to send with it.
struct Answer {
    text: String,
    set_cookie: Option<String>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, set_cookie: None }
    }
}

impl Guest for Program {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let answer = route(&request).unwrap_or_else(|error| format!("error: {error}").into());
        let headers = Headers::new();
        if let Some(cookie) = answer.set_cookie {
            let _ = headers.append("set-cookie", cookie.as_bytes());
        }
        let response = OutgoingResponse::new(headers);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(answer.text.as_bytes());
        }
        let _ = OutgoingBody::finish(body, None);
    }
}

fn route(request: &IncomingRequest) -> Result<Answer, Error> {
    let path = request.path_with_query().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let number = query.parse().unwrap_or(0);
    let cookies = request.headers().get("cookie");
    match path {
        "/look" => visits::look(&cookies),
        "/log-in" => visits::log_in(&cookies, query),
        "/log-out" => visits::log_out(&cookies),
        "/log-out-and-return" => visits::log_out_and_return(&cookies),
        "/begin-and-store-nothing" => visits::begin_and_store_nothing(&cookies),
        "/store-and-fail" => visits::store_and_fail(&cookies),
        "/ends-meanwhile" => visits::ends_meanwhile(&cookies),
        "/bad-cookie" => visits::with_a_bad_cookie(&cookies),
        "/count" => runs::count(number),
        "/count-against-all" => runs::count_against_all(number.into()),
        "/count-blindly" => runs::count_blindly(number),
        "/values" => values::typed(),
        "/counters" => values::counters(),
        "/no-counter" => values::no_counter(),
        "/unfit" => values::unfit(),
        "/half-an-update" => values::half_an_update(),
        _ => Ok(format!("there is no {path}").into()),
    }
}
