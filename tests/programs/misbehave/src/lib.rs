//! An edge function that does what its path says, good or bad. The tests of the
//! server check that nothing else is affected.

use wasip2::cli::{stderr, stdout};
use wasip2::clocks::monotonic_clock;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

wasip2::http::proxy::export!(Misbehave);

struct Misbehave;

/// How long `/busy` computes.
const BUSY_NANOSECONDS: u64 = 5_000_000;

/// How long `/slow` takes.
const SLOW_NANOSECONDS: u64 = 700_000_000;

impl Guest for Misbehave {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        match path.split('?').next().unwrap_or_default() {
            "/hello" => answer(out, b"hello\n"),
            "/length" => answer(out, format!("{}\n", body_length(&request)).as_bytes()),
            "/host" => answer(out, format!("{:?}\n", request.authority()).as_bytes()),
            "/no-content" => answer_with_status(out, 204, b"a body\n"),
            "/not-modified" => answer_with_status(out, 304, b"a body\n"),
            "/switch" => answer_with_status(out, 101, b"another protocol\n"),
            "/slow" => {
                monotonic_clock::subscribe_duration(SLOW_NANOSECONDS).block();
                answer(out, b"slow\n");
            }
            "/pause" => answer_with_a_pause(out),
            "/scheme" => answer(out, format!("{:?}\n", request.scheme()).as_bytes()),
            "/half-a-mebibyte" => answer(out, &vec![b'x'; 512 << 10]),
            "/eight-mebibytes" => answer(out, &vec![b'x'; 8 << 20]),
            "/busy" => {
                compute_for(BUSY_NANOSECONDS);
                answer(out, b"busy\n");
            }
            "/works-on" => {
                answer(out, b"works on\n");
                monotonic_clock::subscribe_duration(SLOW_NANOSECONDS).block();
                print(b"worked on\n");
            }
            "/outgoing" => answer(out, outgoing_request().as_bytes()),
            "/print" => {
                print(b"a line\nand \x1b[31manother\n");
                answer(out, b"printed\n");
            }
            "/error" => {
                ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("a secret".to_owned()))))
            }
            "/silent" => drop(out),
            "/trap" => std::process::abort(),
            "/half" => {
                answer_half(out);
                std::process::abort()
            }
            "/loop" => compute_forever(),
            "/half-loop" => {
                answer_half(out);
                compute_forever()
            }
            "/memory" => answer(out, format!("{}\n", allocate_without_end()).as_bytes()),
            _ => answer_with_status(out, 404, b"no such behaviour\n"),
        }
    }
}

fn answer(out: ResponseOutparam, text: &[u8]) {
    answer_with_status(out, 200, text);
}

fn answer_with_status(out: ResponseOutparam, status: u16, text: &[u8]) {
    if let Some(body) = begin_answer(out, status) {
        write_all(&body, text);
        // An error means that the client has disconnected.
        let _client_is_gone = OutgoingBody::finish(body, None);
    }
}

/// Sends the head of a response, and a body that is never finished.
fn answer_half(out: ResponseOutparam) {
    if let Some(body) = begin_answer(out, 200) {
        write_all(&body, b"half an ans");
        std::mem::forget(body);
    }
}

/// Sends the first part of the body at once, and the rest later.
fn answer_with_a_pause(out: ResponseOutparam) {
    let Some(body) = begin_answer(out, 200) else { return };
    if let Ok(stream) = body.write() {
        // An error means that the client has disconnected.
        let _client_is_gone = stream.blocking_write_and_flush(b"before the pause, ");
        monotonic_clock::subscribe_duration(SLOW_NANOSECONDS).block();
        let _client_is_gone = stream.blocking_write_and_flush(b"after it\n");
    }
    let _client_is_gone = OutgoingBody::finish(body, None);
}

fn begin_answer(out: ResponseOutparam, status: u16) -> Option<OutgoingBody> {
    let response = OutgoingResponse::new(Fields::new());
    response.set_status_code(status).ok()?;
    let body = response.body().ok()?;
    ResponseOutparam::set(out, Ok(response));
    Some(body)
}

fn write_all(body: &OutgoingBody, text: &[u8]) {
    if let Ok(stream) = body.write() {
        for piece in text.chunks(4096) {
            if stream.blocking_write_and_flush(piece).is_err() {
                return;
            }
        }
    }
}

fn body_length(request: &IncomingRequest) -> usize {
    let mut length = 0;
    let Ok(body) = request.consume() else { return length };
    let Ok(stream) = body.stream() else { return length };
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(bytes) => length += bytes.len(),
            Err(StreamError::Closed | StreamError::LastOperationFailed(_)) => return length,
        }
    }
}

fn outgoing_request() -> String {
    let request = OutgoingRequest::new(Fields::new());
    if request.set_authority(Some("localhost")).is_err() || request.set_path_with_query(Some("/")).is_err() {
        return "the address was refused\n".to_owned();
    }
    match outgoing_handler::handle(request, None) {
        Ok(response) => {
            response.subscribe().block();
            match response.get() {
                Some(Ok(Err(code))) => format!("{code:?}\n"),
                other => format!("it was sent: {}\n", other.is_some()),
            }
        }
        Err(code) => format!("{code:?}\n"),
    }
}

fn print(text: &[u8]) {
    let _nobody_reads_it = stdout::get_stdout().blocking_write_and_flush(text);
    let _nobody_reads_it = stderr::get_stderr().blocking_write_and_flush(b"a complaint without an end");
}

fn compute_for(nanoseconds: u64) {
    let end = monotonic_clock::now() + nanoseconds;
    while monotonic_clock::now() < end {}
}

fn compute_forever() -> ! {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number).wrapping_add(1);
    }
}

fn allocate_without_end() -> usize {
    let mut blocks = Vec::new();
    loop {
        blocks.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        if blocks.len() > 4096 {
            return blocks.len();
        }
    }
}
