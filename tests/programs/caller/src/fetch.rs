//! Requests to other servers.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

/// A time limit of the guest's own: 300 ms.
const SHORTLY: u64 = 300_000_000;

/// The status and the body of a response, or the error.
pub fn get(url: &str) -> String {
    text(send(request(&Method::Get, url), None).and_then(wait))
}

/// The same, with short time limits.
pub fn get_shortly(url: &str) -> String {
    let options = RequestOptions::new();
    let set = [
        options.set_connect_timeout(Some(SHORTLY)),
        options.set_first_byte_timeout(Some(SHORTLY)),
        options.set_between_bytes_timeout(Some(SHORTLY)),
    ];
    if set.contains(&Err(())) {
        return "no time limits".to_owned();
    }
    text(send(request(&Method::Get, url), Some(options)).and_then(wait))
}

pub fn connect(url: &str) -> String {
    text(send(request(&Method::Connect, url), None).and_then(wait))
}

/// Sends a body of 100,000 bytes.
pub fn post(url: &str) -> String {
    let posting = request(&Method::Post, url);
    let Ok(body) = posting.body() else { return "no body".to_owned() };
    let response = match send(posting, None) {
        Ok(response) => response,
        Err(code) => return format!("{code:?}"),
    };
    write(&body, 100_000);
    // An error means that the server does not want it.
    let _refused = OutgoingBody::finish(body, None);
    text(wait(response))
}

/// Sends a part of a body, and fails when the server has got it.
pub fn post_half(url: &str) -> String {
    let posting = request(&Method::Post, url);
    let Ok(body) = posting.body() else { return "no body".to_owned() };
    let Ok(_response) = send(posting, None) else { return "no response".to_owned() };
    write(&body, 10_000);
    std::process::abort()
}

/// Gets a URL that the query of the path redirects to, by its own means.
pub fn follow(url: &str) -> String {
    let response = match send(request(&Method::Get, url), None).and_then(wait) {
        Ok(response) => response,
        Err(code) => return format!("{code:?}"),
    };
    let location = response.headers().get("location").pop().unwrap_or_default();
    let location = String::from_utf8_lossy(&location);
    format!("{} {location} {}", response.status(), get(&location))
}

/// Begins 20 requests before it waits for the first response, and returns how each ended.
pub fn many(url: &str) -> String {
    let begun: Vec<_> = (0..20).map(|_| send(request(&Method::Get, url), None)).collect();
    let ended: Vec<String> = begun.into_iter().map(|begun| text(begun.and_then(wait))).collect();
    ended.join("\n")
}

/// Keeps the responses of 200 requests, of which it reads nothing, one after the other.
pub fn keep(url: &str) -> String {
    let get = |_| send(request(&Method::Get, url), None).and_then(wait);
    let responses: Vec<_> = (0..200).map(get).collect();
    let failed = responses.iter().filter(|response| response.is_err()).count();
    format!("{failed} failed")
}

/// Begins 200 requests with bodies that are not read, one after the other, and drops what it has of them.
pub fn post_in_turn(url: &str) -> String {
    let refused = (0..200).filter(|_| {
        let posting = request(&Method::Post, url);
        let Ok(body) = posting.body() else { return true };
        let response = send(posting, None);
        if response.is_ok() {
            write(&body, 100_000);
        }
        let response = response.and_then(wait);
        matches!(response, Err(ErrorCode::ConnectionLimitReached))
    });
    format!("{} refused", refused.count())
}

fn request(method: &Method, url: &str) -> OutgoingRequest {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let scheme = match scheme {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        other => Scheme::Other(other.to_owned()),
    };
    let fields = Fields::new();
    // A hop-by-hop field is refused.
    let refused = fields.append("connection", b"close").is_err();
    let _valid = fields.append("x-refused", if refused { b"connection" } else { b"nothing" });
    let request = OutgoingRequest::new(fields);
    let _all_valid = [
        request.set_method(method),
        request.set_scheme(Some(&scheme)),
        request.set_authority(Some(authority)),
        request.set_path_with_query(Some(path)),
    ];
    request
}

fn send(
    request: OutgoingRequest,
    options: Option<RequestOptions>,
) -> Result<FutureIncomingResponse, ErrorCode> {
    outgoing_handler::handle(request, options)
}

fn wait(response: FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    response.subscribe().block();
    match response.get() {
        Some(Ok(response)) => response,
        _ => Err(ErrorCode::InternalError(None)),
    }
}

fn write(body: &OutgoingBody, mut length: usize) {
    let Ok(stream) = body.write() else { return };
    while length > 0 {
        let piece = length.min(4096);
        if stream.blocking_write_and_flush(&vec![b'x'; piece]).is_err() {
            return;
        }
        length -= piece;
    }
}

fn text(response: Result<IncomingResponse, ErrorCode>) -> String {
    match response {
        Ok(response) => format!("{} {}", response.status(), body(&response)),
        Err(code) => format!("{code:?}"),
    }
}

/// The body as text if it is short, else its length; or how it ended.
fn body(response: &IncomingResponse) -> String {
    let (Ok(body), mut read) = (response.consume(), Vec::new()) else { return "no body".to_owned() };
    let Ok(stream) = body.stream() else { return "no stream".to_owned() };
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(bytes) => read.extend_from_slice(&bytes),
            Err(StreamError::Closed) if read.len() > 1000 => return format!("{} bytes", read.len()),
            Err(StreamError::Closed) => return String::from_utf8_lossy(&read).into_owned(),
            Err(StreamError::LastOperationFailed(error)) => {
                return format!("then {:?}", http_error_code(&error));
            }
        }
    }
}
