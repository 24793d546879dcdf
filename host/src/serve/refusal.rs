//! The responses of the server itself, for requests that get none from the application.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::queue;

/// The type of the texts, and the seconds after which a client may try again.
const TEXT_TYPE: &str = "text/plain; charset=utf-8";
const RETRY_SECONDS: &str = "1";

/// Why a request gets no response from the application. The texts for clients reveal
/// nothing about the application; the log has the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request has no field `Host`.
    NoHost,
    /// The request has more than one field `Host`, or another one than `:authority`.
    SeveralHosts,
    /// The request's host is invalid.
    InvalidHost,
    /// The target has a form that the method does not allow.
    InvalidTarget,
    /// The target is longer than the limit.
    TargetTooLong,
    /// The request has too many fields.
    TooManyFields,
    /// The target has another scheme than the connection.
    Misdirected,
    /// The request is a CONNECT, which is for proxies.
    Tunnel,
    /// The body has a transfer coding other than `chunked`.
    UnknownTransferCoding,
    /// The request has an expectation other than `100-continue`.
    UnknownExpectation,
    /// The connection was closed in the middle of the body, or the body is malformed.
    BodyBroken,
    /// The body did not arrive within the time limit.
    BodyTooSlow,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// The application trapped, sent no response, or could not be started.
    ApplicationFailed,
    /// There is no slot, and too many requests wait for one, or it waited for too long.
    Busy,
    /// The application sent no response within the time limit.
    TimedOut,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NoHost
            | Self::SeveralHosts
            | Self::InvalidHost
            | Self::InvalidTarget
            | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnknownExpectation => StatusCode::EXPECTATION_FAILED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::ApplicationFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Tunnel | Self::UnknownTransferCoding => StatusCode::NOT_IMPLEMENTED,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NoHost => "the request names no host\n",
            Self::SeveralHosts => "the request names more than one host\n",
            Self::InvalidHost => "the request's host is malformed\n",
            Self::InvalidTarget => "the request's target is malformed\n",
            Self::TargetTooLong => "the request's target is too long\n",
            Self::TooManyFields => "the request has too many header fields\n",
            Self::Misdirected => "this connection is for another scheme\n",
            Self::Tunnel => "this server is not a proxy\n",
            Self::UnknownTransferCoding => "the request's transfer coding is not supported\n",
            Self::UnknownExpectation => "the request's expectation is not supported\n",
            Self::BodyBroken => "the request's body is incomplete\n",
            Self::BodyTooSlow => "the request's body did not arrive in time\n",
            Self::BodyTooLarge => "the request's body is too large\n",
            Self::ApplicationFailed => "the application failed\n",
            Self::Busy => "the server is busy; try again later\n",
            Self::TimedOut => "the application did not respond in time\n",
        }
    }

    /// The response for the client.
    pub(super) fn into_response(self) -> Response<HyperOutgoingBody> {
        let body = Full::new(Bytes::from_static(self.text().as_bytes()));
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE));
        if self == Self::Busy {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }

    /// The response as a client of HTTP/1.1 gets it whose request was not read. The connection closes.
    pub(super) fn in_http1(self) -> String {
        let (status, text) = (self.status(), self.text());
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {TEXT_TYPE}\r\ncontent-length: {}\r\n\
             retry-after: {RETRY_SECONDS}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        )
    }
}

impl From<queue::Busy> for Refusal {
    fn from(_: queue::Busy) -> Self {
        Self::Busy
    }
}
