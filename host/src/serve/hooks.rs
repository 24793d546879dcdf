//! What the host does with the outgoing HTTP requests of one instance, whoever sends them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::Scheme;
use hyper::{HeaderMap, Request, Response};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use super::exchanges::{ExchangeBody, Exchanges};
use super::held::{BODY_CHUNK, EXCHANGE};
use super::trace_context::TRACEPARENT;

type Sending = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Responding = Box<dyn Future<Output = Result<(Response<WasiBody>, Sending), Error>> + Send>;

/// Counts and limits the outgoing requests of an instance, and leaves sending them to other hooks. It also limits how
/// much of a body waits to be sent.
pub(super) struct Hooks {
    /// None if outgoing requests are denied.
    sender: Option<Box<dyn WasiHttpHooks>>,
    exchanges: Arc<Exchanges>,
    limit: usize,
    traceparent: Option<HeaderValue>,
}

impl Hooks {
    /// At most `limit` requests are sent at the same time.
    pub(super) fn new(sender: Option<Box<dyn WasiHttpHooks>>, limit: usize) -> Self {
        Self { sender, exchanges: Arc::default(), limit, traceparent: None }
    }

    /// The bytes that the running requests hold.
    pub(super) fn held(&self) -> usize {
        self.exchanges.running().saturating_mul(EXCHANGE)
    }

    /// Gives outgoing requests this header `traceparent`, unless the guest gives them one.
    pub(super) fn trace(&mut self, traceparent: HeaderValue) {
        self.traceparent = Some(traceparent);
    }

    /// Adds the header fields of the host to a request.
    fn add_fields_of_host(&self, fields: &mut HeaderMap) {
        if let Some(traceparent) = &self.traceparent {
            fields.entry(TRACEPARENT).or_insert_with(|| traceparent.clone());
        }
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.exchanges.end();
    }
}

fn failed(error: Error) -> Responding {
    Box::new(std::future::ready(Err(error)))
}

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        match &mut self.sender {
            Some(sender) => sender.forbidden_header_filter(),
            None => Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name)),
        }
    }

    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        match &mut self.sender {
            Some(sender) => sender.is_forbidden_header(name),
            None => DEFAULT_FORBIDDEN_HEADERS.contains(name),
        }
    }

    fn is_supported_scheme(&mut self, scheme: &Scheme) -> bool {
        match &mut self.sender {
            Some(sender) => sender.is_supported_scheme(scheme),
            None => true,
        }
    }

    fn set_host_header(&mut self) -> bool {
        self.sender.as_mut().is_none_or(|sender| sender.set_host_header())
    }

    fn default_scheme(&mut self) -> Option<Scheme> {
        self.sender.as_mut().map_or(Some(Scheme::HTTPS), |sender| sender.default_scheme())
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        // As `held` counts them.
        1
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        let code = |sender: &mut Box<dyn WasiHttpHooks>| sender.p2_error_from_hyper(error);
        self.sender.as_mut().map_or(ErrorCode::HttpProtocolError, code)
    }

    fn p2_error_from_connect(&mut self, error: &io::Error) -> ErrorCode {
        let code = |sender: &mut Box<dyn WasiHttpHooks>| sender.p2_error_from_connect(error);
        self.sender.as_mut().map_or(ErrorCode::ConnectionRefused, code)
    }

    fn p2_error_from_tls(&mut self, error: &io::Error) -> ErrorCode {
        let code = |sender: &mut Box<dyn WasiHttpHooks>| sender.p2_error_from_tls(error);
        self.sender.as_mut().map_or(ErrorCode::TlsProtocolError, code)
    }

    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        outcome: Sending,
    ) -> Responding {
        self.add_fields_of_host(request.headers_mut());
        let Some(sender) = &mut self.sender else { return failed(Error::HttpRequestDenied) };
        let Some(exchange) = self.exchanges.begin(self.limit) else {
            return failed(Error::ConnectionLimitReached);
        };
        let sent = Arc::clone(&exchange);
        let request = request.map(|body| ExchangeBody::new(body, sent).boxed_unsync());
        let response = sender.send_request(request, options, outcome);
        Box::new(async move {
            let (response, sending) = Pin::from(response).await?;
            Ok((response.map(|body| ExchangeBody::new(body, exchange).boxed_unsync()), sending))
        })
    }
}
