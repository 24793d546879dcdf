//! Which requests to the admin server are refused.
//!
//! A page of another site must not read what is shown here. It could try with a name of its own that resolves to the
//! address of this server (DNS rebinding), so a request must name the host by an address, as `localhost`, or by a name
//! that the operator has allowed. And it could try directly; the browser tells where such requests come from.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::{HeaderMap, Method, StatusCode};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("only GET and HEAD are supported here")]
    Method,
    #[error(
        "the request does not name this server by an address, by localhost, or by a name that `--admin-host` allows"
    )]
    Host,
    #[error("requests from pages of other sites are refused")]
    CrossSite,
    #[error("there is no such page")]
    NotFound,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }
}

/// Checks a request. `names` are the allowed names of the host.
///
/// # Errors
///
/// When it has another method, names another host, or comes from a page of another site.
pub(crate) fn check(method: &Method, headers: &HeaderMap, names: &[String]) -> Result<(), Refusal> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Refusal::Method);
    }
    let host = only(headers, &HOST).filter(|host| is_allowed(host, names)).ok_or(Refusal::Host)?;
    let site = only(headers, &SEC_FETCH_SITE);
    let is_same_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin = headers.get(ORIGIN).map(|origin| origin.as_bytes());
    let is_same_origin = origin.is_none_or(|origin| origin == format!("http://{host}").as_bytes());
    if is_same_site && is_same_origin && !(headers.contains_key(&SEC_FETCH_SITE) && site.is_none()) {
        Ok(())
    } else {
        Err(Refusal::CrossSite)
    }
}

/// The text of a header that occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

fn is_allowed(host: &str, names: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if is_port(port) => return address.parse::<IpAddr>().is_ok(),
            _ => return false,
        },
        None => host.rsplit_once(':').filter(|(_, port)| is_digits(port)).map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || names.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// Whether this is what stands after an address in brackets.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &'static str)]) -> Result<(), Refusal> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        check(&Method::GET, &headers.collect(), &["metrics.internal".to_owned()])
    }

    #[test]
    fn a_server_is_named_by_an_address_by_localhost_or_by_an_allowed_name() {
        for host in
            ["127.0.0.1:9090", "10.1.2.3", "[::1]:9090", "[::1]", "localhost:9090", "Metrics.Internal:80"]
        {
            assert_eq!(checked(&[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example:9090",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[::1",
            "[x]:1",
            "",
            ":9090",
        ] {
            assert_eq!(checked(&[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(checked(&[]), Err(Refusal::Host));
        assert_eq!(checked(&[("host", "localhost"), ("host", "localhost")]), Err(Refusal::Host));
    }

    #[test]
    fn requests_from_pages_of_other_sites_are_refused() {
        let from = |name, value| checked(&[("host", "localhost:9090"), (name, value)]);
        assert_eq!(from("sec-fetch-site", "same-origin"), Ok(()));
        assert_eq!(from("sec-fetch-site", "none"), Ok(()));
        assert_eq!(from("origin", "http://localhost:9090"), Ok(()));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            // Another port of the same host.
            ("sec-fetch-site", "same-site"),
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:8080"),
            ("origin", "null"),
        ] {
            assert_eq!(from(name, value), Err(Refusal::CrossSite), "{name}: {value}");
        }
    }

    #[test]
    fn nothing_can_be_changed() {
        let headers: HeaderMap = [(HOST, "localhost".parse().unwrap())].into_iter().collect();
        assert_eq!(check(&Method::POST, &headers, &[]), Err(Refusal::Method));
        assert_eq!(check(&Method::HEAD, &headers, &[]), Ok(()));
    }
}
