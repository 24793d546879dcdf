//! A response, and sending it through WASI HTTP.

use serde::Serialize;
use wasip2::http::types::{ErrorCode, Headers, OutgoingBody, OutgoingResponse, ResponseOutparam};

/// The most bytes that WASI accepts in one write.
const CHUNK: usize = 4096;

/// The page has no scripts, and only its own style and forms.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// One response.
pub struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        let (status, body) = match serde_json::to_vec(value) {
            Ok(json) => (status, json),
            Err(_) => (500, br#"{"error":"the answer has no JSON form"}"#.to_vec()),
        };
        Self::new(status, body).with("content-type", "application/json")
    }

    pub fn page(status: u16, html: String) -> Self {
        Self::new(status, html.into_bytes())
            .with("content-type", "text/html; charset=utf-8")
            .with("content-security-policy", PAGE_POLICY)
    }

    pub fn style(css: &str) -> Self {
        Self::new(200, css.into()).with("content-type", "text/css; charset=utf-8")
    }

    /// Redirects a browser after a form, so that a reload does not repeat the request.
    pub fn see_other(location: &str) -> Self {
        Self::new(303, Vec::new()).with("location", location)
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A response is for one visitor at one time, so it must not be cached.
    fn new(status: u16, body: Vec<u8>) -> Self {
        let length = body.len().to_string();
        Self { status, headers: Vec::new(), body }
            .with("content-length", length)
            .with("cache-control", "no-store")
            .with("x-content-type-options", "nosniff")
    }

    /// Passes the response to the server.
    pub fn send(self, out: ResponseOutparam) {
        let Some((response, body)) = self.begin() else {
            let reason = "a response could not be made".to_owned();
            return ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some(reason))));
        };
        ResponseOutparam::set(out, Ok(response));
        write(body, &self.body);
    }

    fn begin(&self) -> Option<(OutgoingResponse, OutgoingBody)> {
        let headers = Headers::new();
        for (name, value) in &self.headers {
            headers.append(name, value.as_bytes()).ok()?;
        }
        let response = OutgoingResponse::new(headers);
        response.set_status_code(self.status).ok()?;
        let body = response.body().ok()?;
        Some((response, body))
    }
}

/// Writes a body. An error means that the client has disconnected, or that the request was a `HEAD`.
fn write(body: OutgoingBody, bytes: &[u8]) {
    let Ok(stream) = body.write() else { return };
    for chunk in bytes.chunks(CHUNK) {
        if stream.blocking_write_and_flush(chunk).is_err() {
            return;
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}
