//! An edge function that uses what it was granted: environment variables, files, and other servers. The path says
//! what it does, and the query with what.

mod fetch;

use std::fs;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

wasip2::http::proxy::export!(Caller);

struct Caller;

impl Guest for Caller {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let text = match path {
            "/environment" => environment(),
            "/read" => result(fs::read_to_string(query)),
            "/write" => result(fs::write(query, "written").map(|()| "written".to_owned())),
            "/open" => open_repeatedly(query),
            "/print" => print(query),
            "/get" => fetch::get(query),
            "/get-shortly" => fetch::get_shortly(query),
            "/connect" => fetch::connect(query),
            "/post" => fetch::post(query),
            "/post-half" => fetch::post_half(query),
            "/follow" => fetch::follow(query),
            "/many" => fetch::many(query),
            "/keep" => fetch::keep(query),
            "/post-in-turn" => fetch::post_in_turn(query),
            _ => "no such thing".to_owned(),
        };
        answer(out, &text);
    }
}

fn environment() -> String {
    let mut variables: Vec<String> =
        std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    variables.sort();
    variables.join("\n")
}

fn result(result: std::io::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("{:?}", error.kind()))
}

/// Opens a file until that fails, and keeps all of them open.
fn open_repeatedly(path: &str) -> String {
    let files: Vec<fs::File> = std::iter::from_fn(|| fs::File::open(path).ok()).take(100_000).collect();
    format!("{} files", files.len())
}

/// Prints so many lines.
fn print(count: &str) -> String {
    for number in 0..count.parse().unwrap_or(0) {
        println!("line {number}");
    }
    println!();
    println!("after an empty line");
    "printed".to_owned()
}

fn answer(out: ResponseOutparam, text: &str) {
    let response = OutgoingResponse::new(Fields::new());
    let Ok(body) = response.body() else { return };
    ResponseOutparam::set(out, Ok(response));
    if let Ok(stream) = body.write() {
        for piece in text.as_bytes().chunks(4096) {
            // An error means that the client has disconnected.
            let _client_is_gone = stream.blocking_write_and_flush(piece);
        }
    }
    let _client_is_gone = OutgoingBody::finish(body, None);
}
