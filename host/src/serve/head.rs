//! Checks the head of a request by RFC 9110 and RFC 9112, where hyper leaves that to its users.

use std::net::Ipv6Addr;

use hyper::header::{EXPECT, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Uri, Version};
use wasmtime_wasi_http::p2::bindings::http::types;

use super::refusal::Refusal;

/// The largest head of a request, in bytes.
pub(super) const LARGEST_HEAD: usize = 64 << 10;

/// The most fields in a head: hyper's limit for HTTP/1.1.
const MOST_FIELDS: usize = 100;

/// The longest target of a request, in bytes. It leaves room for the fields in the head, so that a target that is too
/// long gets another status than a head that is too large.
const LONGEST_TARGET: usize = 32 << 10;

/// The scheme of the URLs that a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl From<Scheme> for types::Scheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Http => Self::Http,
            Scheme::Https => Self::Https,
        }
    }
}

/// Checks the head of a request before anything else is done with it.
///
/// # Errors
///
/// Returns why the server refuses the request.
pub(super) fn check_head<B>(request: &Request<B>, scheme: Scheme) -> Result<(), Refusal> {
    if request.headers().len() > MOST_FIELDS {
        return Err(Refusal::TooManyFields);
    }
    check_target(request.method(), request.uri(), scheme)?;
    check_host(request)?;
    check_transfer_codings(request.headers())?;
    check_expectations(request)
}

/// Checks the form of the target: RFC 9112, section 3.2. In HTTP/2 its parts are fields of their own, and it always has a
/// scheme.
fn check_target(method: &Method, target: &Uri, scheme: Scheme) -> Result<(), Refusal> {
    if *method == Method::CONNECT {
        return Err(Refusal::Tunnel);
    }
    let authority = target.authority().map_or("", Authority::as_str);
    let path = target.path_and_query().map_or("", |path| path.as_str());
    if authority.len() + path.len() > LONGEST_TARGET {
        return Err(Refusal::TargetTooLong);
    }
    match target.scheme_str() {
        Some(other) if !other.eq_ignore_ascii_case(scheme.name()) => Err(Refusal::Misdirected),
        // An authority alone is for CONNECT only.
        None if !authority.is_empty() => Err(Refusal::InvalidTarget),
        _ if path == "*" && *method != Method::OPTIONS => Err(Refusal::InvalidTarget),
        _ => Ok(()),
    }
}

/// Checks the field `Host`. Every request of HTTP/1.1 must have exactly one, and it must be valid, although the host in
/// a target of the absolute form takes precedence. A request of HTTP/2 may have `:authority` instead, or both with the
/// same value: RFC 9113, section 8.3.1.
fn check_host<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut fields = request.headers().get_all(HOST).iter();
    let (field, another) = (fields.next(), fields.next());
    if another.is_some() {
        return Err(Refusal::SeveralHosts);
    }
    let in_target = request.uri().authority();
    let is_optional = in_target.is_some() && request.version() != Version::HTTP_11;
    if field.is_none_or(HeaderValue::is_empty) && !is_optional {
        return Err(Refusal::NoHost);
    }
    let in_field = field.map(|field| Authority::try_from(field.as_bytes()));
    let in_field = in_field.transpose().map_err(|_| Refusal::InvalidHost)?;
    if !in_target.into_iter().chain(&in_field).all(is_host_and_port) {
        return Err(Refusal::InvalidHost);
    }
    let is_http2 = request.version() >= Version::HTTP_2;
    let differs = in_target.zip(in_field.as_ref()).is_some_and(|(target, field)| target != field);
    if is_http2 && differs { Err(Refusal::SeveralHosts) } else { Ok(()) }
}

/// Checks what the parser of authorities accepts too generously: user names, addresses in brackets, and ports.
fn is_host_and_port(authority: &Authority) -> bool {
    let host = authority.host();
    let Some(rest) = authority.as_str().strip_prefix(host) else { return false };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |text: &str| text.trim_end_matches(']').parse::<Ipv6Addr>().is_ok();
    !host.is_empty()
        && host.strip_prefix('[').is_none_or(is_address)
        && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// Refuses all codings but `chunked`. hyper checks only the last one, and would pass a body with the others still
/// applied to the application.
fn check_transfer_codings(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut fields = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = |field: &HeaderValue| field.as_bytes().eq_ignore_ascii_case(b"chunked");
    match (fields.next(), fields.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if is_chunked(coding) => Ok(()),
        _ => Err(Refusal::UnknownTransferCoding),
    }
}

/// HTTP/1.0 has no expectations: RFC 9110, section 10.1.1.
fn check_expectations<B>(request: &Request<B>) -> Result<(), Refusal> {
    let is_known = |field: &HeaderValue| {
        let members = field.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        members.filter(|member| !member.is_empty()).all(|member| member.eq_ignore_ascii_case(b"100-continue"))
    };
    let met = request.version() < Version::HTTP_11 || request.headers().get_all(EXPECT).iter().all(is_known);
    if met { Ok(()) } else { Err(Refusal::UnknownExpectation) }
}
