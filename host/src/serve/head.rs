//! What RFC 9110 and RFC 9112 demand of the head of a request, as far as hyper leaves it to its users.

use std::net::Ipv6Addr;

use hyper::header::{EXPECT, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Uri, Version};

use super::refusal::Refusal;

/// The most bytes that the target of a request may have. It leaves room in the head for the fields, so that a target
/// that is too long is told from a head that is too large.
const LONGEST_TARGET: usize = 32 << 10;

/// Checks the head of a request before anything else is done with it.
///
/// # Errors
///
/// Returns what the client did wrong, or asks for in vain.
pub(super) fn check_head<B>(request: &Request<B>) -> Result<(), Refusal> {
    check_target(request.method(), request.uri())?;
    check_host(request)?;
    check_transfer_codings(request.headers())?;
    check_expectations(request)
}

/// The four forms of a target: RFC 9112, section 3.2.
fn check_target(method: &Method, target: &Uri) -> Result<(), Refusal> {
    if *method == Method::CONNECT {
        return Err(Refusal::Tunnel);
    }
    let authority = target.authority().map_or("", Authority::as_str);
    let path = target.path_and_query().map_or("", |path| path.as_str());
    if authority.len() + path.len() > LONGEST_TARGET {
        return Err(Refusal::TargetTooLong);
    }
    match target.scheme_str() {
        Some(scheme) if !scheme.eq_ignore_ascii_case("http") => Err(Refusal::Misdirected),
        // An authority alone, which is for CONNECT.
        None if !authority.is_empty() => Err(Refusal::InvalidTarget),
        _ if path == "*" && *method != Method::OPTIONS => Err(Refusal::InvalidTarget),
        _ => Ok(()),
    }
}

/// A target in the absolute form names the host, and the field `Host` counts for nothing; but it must be there, once
/// and valid, in every request of HTTP/1.1.
fn check_host<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut fields = request.headers().get_all(HOST).iter();
    let (field, another) = (fields.next(), fields.next());
    if another.is_some() {
        return Err(Refusal::SeveralHosts);
    }
    let in_target = request.uri().authority();
    let is_optional = in_target.is_some() && request.version() < Version::HTTP_11;
    if field.is_none_or(HeaderValue::is_empty) && !is_optional {
        return Err(Refusal::NoHost);
    }
    let in_field = field.map(|field| Authority::try_from(field.as_bytes()));
    let in_field = in_field.transpose().map_err(|_| Refusal::InvalidHost)?;
    if in_target.into_iter().chain(&in_field).all(is_host_and_port) {
        Ok(())
    } else {
        Err(Refusal::InvalidHost)
    }
}

/// Parsing took user names, and anything for an address in brackets or a port.
fn is_host_and_port(authority: &Authority) -> bool {
    let host = authority.host();
    let Some(rest) = authority.as_str().strip_prefix(host) else { return false };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |text: &str| text.trim_end_matches(']').parse::<Ipv6Addr>().is_ok();
    !host.is_empty()
        && host.strip_prefix('[').is_none_or(is_address)
        && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// hyper refuses a body whose last coding is not `chunked`. What was applied before that would reach the application
/// as if it were the body.
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
