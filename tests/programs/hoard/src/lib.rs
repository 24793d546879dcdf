//! An edge function that makes the host hold as many resources as possible, of the kind in its path, and needs little
//! memory itself. The tests measure the host's memory.

#![allow(clippy::expect_used, reason = "a test program that meets the unexpected fails")]

mod bindings;
mod store;

use wasip2::cli::stdout;
use wasip2::clocks::monotonic_clock;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam,
};

wasip2::http::proxy::export!(Hoard);

struct Hoard;

/// The length of a header, of a write to a body, and of a piece of output.
const LARGE: usize = 100_000;
/// The number of large things: 200 MB of them.
const MANY: usize = 2_000;
/// The number of small things.
const VERY_MANY: usize = 90_000;

impl Guest for Hoard {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let done = match path.as_str() {
            "/nothing" => 0,
            "/fields" => kept(MANY, large_fields),
            "/fields-in-turn" => (0..MANY).filter(|_| large_fields().has("large")).count(),
            "/copied-fields" => copied_fields(),
            "/bodies" => kept(MANY, unsent_body),
            "/methods" => kept(MANY, request_with_a_large_method),
            "/pollables" => kept(VERY_MANY, || monotonic_clock::subscribe_duration(1)),
            "/outputs" => kept(VERY_MANY, half_a_line),
            "/body" => body_in_small_pieces(&request),
            "/write" => store::write_one(1_000_000),
            "/write-too-much" => store::write_one(9 << 20),
            "/read-repeatedly" => store::read_repeatedly(MANY),
            _ => return drop(out),
        };
        answer(out, &format!("{done}\n"));
    }
}

/// Makes `count` things, and keeps all of them until the end.
fn kept<T>(count: usize, make: impl Fn() -> T) -> usize {
    let things: Vec<T> = (0..count).map(|_| make()).collect();
    things.len()
}

fn large_fields() -> Fields {
    let fields = Fields::new();
    fields.append("large", &vec![b'x'; LARGE]).expect("the header is valid");
    fields
}

/// Copies an object with many headers, and changes each copy.
fn copied_fields() -> usize {
    let original = Fields::new();
    for number in 0..1_000 {
        original.append(&format!("header-{number}"), b"").expect("the header is valid");
    }
    kept(MANY, || {
        let copy = original.clone();
        copy.append("small", b"x").expect("the header is valid");
        copy
    })
}

fn unsent_body() -> (OutgoingResponse, OutgoingBody) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("it is the first time");
    let stream = body.write().expect("it is the first time");
    let room = stream.check_write().expect("nobody has closed it");
    stream.write(&vec![b'x'; LARGE.min(room as usize)]).expect("there is room");
    drop(stream);
    (response, body)
}

fn request_with_a_large_method() -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Other("X".repeat(LARGE))).expect("the method is valid");
    request
}

fn half_a_line() -> wasip2::io::streams::OutputStream {
    let stream = stdout::get_stdout();
    stream.write(&[b'x'; 4000]).expect("it takes a line");
    stream
}

/// Reads the body byte by byte, and returns its length.
fn body_in_small_pieces(request: &IncomingRequest) -> usize {
    let body = request.consume().expect("it is the first time");
    let stream = body.stream().expect("it is the first time");
    std::iter::from_fn(|| stream.blocking_read(1).ok()).map(|piece| piece.len()).sum()
}

fn answer(out: ResponseOutparam, text: &str) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("it is the first time");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("it is the first time");
    stream.blocking_write_and_flush(text.as_bytes()).expect("the client waits");
    drop(stream);
    OutgoingBody::finish(body, None).expect("it is whole");
}
