//! The body of a request.

use wasip2::http::types::IncomingRequest;

/// Returns the body, or what came of it.
pub fn read(request: &IncomingRequest) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(body) = request.consume() else { return bytes };
    let Ok(stream) = body.stream() else { return bytes };
    while let Ok(piece) = stream.blocking_read(64 * 1024) {
        bytes.extend(piece);
    }
    bytes
}
