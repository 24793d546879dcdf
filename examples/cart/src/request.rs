//! A request, read from WASI HTTP.

use wasip2::http::types::{IncomingRequest, Method};
use wasip2::io::streams::StreamError;

use crate::fields::Fields;
use crate::refusal::Refusal;

/// The most bytes that a body may have: far more than any form here needs.
const MAX_BODY: usize = 64 * 1024;

/// The bytes of a body that are read at once.
const CHUNK: u64 = 8 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

const NO_FORM: Refusal = Refusal::bad_request("the form is not encoded as forms are");
const NO_JSON: Refusal = Refusal::bad_request("the body must be a JSON object");
const INCOMPLETE: Refusal = Refusal::bad_request("the body did not arrive in full");
const TOO_LARGE: Refusal = Refusal::new(413, "the body is over 64 KiB");

/// The method of a request. `HEAD` is read as `GET`: the server leaves out the body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    Get,
    Post,
    Delete,
    Other,
}

impl Verb {
    /// The methods with this meaning, as the `Allow` header lists them.
    pub fn names(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Other => "",
        }
    }
}

/// One request.
pub struct Request {
    incoming: IncomingRequest,
    path: String,
}

impl Request {
    pub fn new(incoming: IncomingRequest) -> Self {
        let mut path = incoming.path_with_query().unwrap_or_default();
        path.truncate(path.find('?').unwrap_or(path.len()));
        Self { incoming, path }
    }

    pub fn verb(&self) -> Verb {
        match self.incoming.method() {
            Method::Get | Method::Head => Verb::Get,
            Method::Post => Verb::Post,
            Method::Delete => Verb::Delete,
            _ => Verb::Other,
        }
    }

    /// The path, still percent-encoded, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The values of the header `Cookie`.
    pub fn cookies(&self) -> Vec<Vec<u8>> {
        self.incoming.headers().get("cookie")
    }

    /// Whether it was sent by a form of the page and not by a client with JSON.
    pub fn is_form(&self) -> bool {
        self.media_type().as_deref() == Some(FORM)
    }

    /// Whether a browser reports that another site has caused the request.
    pub fn is_cross_site(&self) -> bool {
        headers(&self.incoming, "sec-fetch-site").any(|site| site == "cross-site")
    }

    /// Reads the body, as a form or as JSON. A body without a content type is read as JSON.
    pub fn fields(&self) -> Result<Fields, Refusal> {
        match self.media_type().as_deref() {
            Some(FORM) => Fields::from_form(&self.body()?).ok_or(NO_FORM),
            None | Some("application/json") => Fields::from_json(&self.body()?).ok_or(NO_JSON),
            Some(_) => Err(Refusal::new(415, "send JSON, with the content type application/json")),
        }
    }

    fn body(&self) -> Result<Vec<u8>, Refusal> {
        let incoming = self.incoming.consume().map_err(|()| INCOMPLETE)?;
        let stream = incoming.stream().map_err(|()| INCOMPLETE)?;
        let mut body = Vec::new();
        loop {
            match stream.blocking_read(CHUNK) {
                Ok(chunk) => body.extend(chunk),
                Err(StreamError::Closed) => return Ok(body),
                Err(StreamError::LastOperationFailed(_)) => return Err(INCOMPLETE),
            }
            if body.len() > MAX_BODY {
                return Err(TOO_LARGE);
            }
        }
    }

    fn media_type(&self) -> Option<String> {
        let content_type = headers(&self.incoming, "content-type").next()?;
        let media = content_type.split(';').next().unwrap_or_default();
        Some(media.trim().to_ascii_lowercase())
    }
}

/// The values of a header, apart from those that are not text.
fn headers(request: &IncomingRequest, name: &str) -> impl Iterator<Item = String> + use<> {
    let values = request.headers().get(name);
    values.into_iter().filter_map(|value| String::from_utf8(value).ok())
}
