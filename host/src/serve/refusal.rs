//! The server's own answers: what a client hears when the application does not answer.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// Why the application did not answer a request. The texts for clients tell
/// nothing about the application's insides; those are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request does not say which host it is for.
    NoHost,
    /// The connection broke in the middle of the body, or the body is malformed.
    BodyBroken,
    /// The body did not arrive within the time limit.
    BodyTooSlow,
    /// The body is over the limit.
    BodyTooLarge,
    /// The application trapped, answered nothing, or could not be started.
    ApplicationFailed,
    /// No place became free within the time limit.
    Busy,
    /// The application did not answer within the time limit.
    TimedOut,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NoHost | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ApplicationFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NoHost => "the request names no host\n",
            Self::BodyBroken => "the request's body is incomplete\n",
            Self::BodyTooSlow => "the request's body did not arrive in time\n",
            Self::BodyTooLarge => "the request's body is too large\n",
            Self::ApplicationFailed => "the application failed\n",
            Self::Busy => "the server is busy; try again later\n",
            Self::TimedOut => "the application did not answer in time\n",
        }
    }

    /// The answer for the client.
    pub(super) fn into_response(self) -> Response<HyperOutgoingBody> {
        let body = Full::new(Bytes::from_static(self.text().as_bytes()));
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if self == Self::Busy {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
