//! Origins: a scheme, a host and a port.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use hyper::http::uri::{Authority, Scheme, Uri};

/// The origin of a URL, such as `https://api.example.com` or `http://127.0.0.1:9000`.
///
/// Two origins are equal if scheme, host and port are: the case of letters in the host does not matter, and a port that
/// is the default of the scheme can be left out. Different names and addresses of one machine are different origins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    https: bool,
    /// In lower case; an IPv6 address is in brackets.
    host: String,
    port: u16,
}

/// A text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It does not begin with `http://` or `https://`.
    #[error("an origin begins with `http://` or `https://`, such as https://api.example.com")]
    Scheme,
    /// It has a user or a password.
    #[error(
        "an origin has no user or password; give the application a secret with `--env`, \
         which it sends in a header"
    )]
    UserInfo,
    /// It has a path, a query or a fragment.
    #[error("an origin has no path, query or fragment, not even a `/` at its end; remove it")]
    Path,
    /// The host is not a name or an address.
    #[error(
        "the host of an origin is a name in ASCII or an address, without wildcards, such as \
         api.example.com, 127.0.0.1 or [::1]"
    )]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("the port of an origin is a number from 1 to 65535")]
    Port,
}

impl Origin {
    /// The origin of a URL; none if it has another scheme, a user or no valid host.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTPS => true,
            scheme if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        Self::parse(https, uri.authority()?.as_str()).ok()
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.https
    }

    pub(super) fn scheme(&self) -> Scheme {
        if self.https { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// The host, and the port if it is not the default one.
    pub(super) fn authority(&self) -> String {
        if self.port == default_port(self.https) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn parse(https: bool, authority: &str) -> Result<Self, OriginError> {
        if authority.contains('@') {
            return Err(OriginError::UserInfo);
        }
        let (host, port) = split_port(authority);
        let port = match port {
            None => default_port(https),
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok().filter(|port| *port != 0).ok_or(OriginError::Port)?
            }
            Some(_) => return Err(OriginError::Port),
        };
        let host = host.to_ascii_lowercase();
        // `Authority` is what requests are built with.
        if is_host(&host) && Authority::try_from(host.as_str()).is_ok() {
            Ok(Self { https, host, port })
        } else {
            Err(OriginError::Host)
        }
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// Splits a port off. A colon in the brackets of an IPv6 address does not begin one.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let end_of_address = authority.rfind(']').unwrap_or(0);
    match authority.rfind(':').filter(|colon| *colon >= end_of_address) {
        Some(colon) => {
            let (host, port) = authority.split_at(colon);
            (host, Some(port.trim_start_matches(':')))
        }
        None => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !host.is_empty() && host.bytes().all(is_of_name)
        }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::Scheme)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(OriginError::Scheme),
        };
        // Before the path: a password may have a slash.
        if rest.contains('@') {
            return Err(OriginError::UserInfo);
        }
        if rest.contains(['/', '?', '#']) {
            return Err(OriginError::Path);
        }
        Self::parse(https, rest)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Result<String, OriginError> {
        text.parse().map(|origin: Origin| origin.to_string())
    }

    #[test]
    fn default_ports_and_the_case_of_letters_do_not_matter() {
        for text in ["https://api.example.com", "https://api.example.com:443", "HTTPS://API.Example.com:0443"]
        {
            assert_eq!(origin(text), Ok("https://api.example.com".to_owned()), "{text}");
        }
        assert_eq!(origin("http://[::1]:80"), Ok("http://[::1]".to_owned()));
        assert_eq!(origin("http://[::1]:443"), Ok("http://[::1]:443".to_owned()));
        assert_ne!("http://a:443".parse::<Origin>(), "https://a".parse());
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused_with_the_reason() {
        for (error, texts) in [
            (OriginError::Scheme, &["", "api.example.com", "ftp://a", "//a", "file:///a"][..]),
            (OriginError::UserInfo, &["https://user@a", "https://user:pass/word@a"]),
            (OriginError::Path, &["https://a/", "https://a/path", "https://a?query", "https://a#part"]),
            (
                OriginError::Host,
                &["https://", "https://*.a", "https://ä", "https://a b", "http://[::g]", "http://:80"],
            ),
            (
                OriginError::Port,
                &["https://a:", "https://a:0", "https://a:65536", "https://a:x", "http://a:+80"],
            ),
        ] {
            for text in texts {
                assert_eq!(origin(text), Err(error.clone()), "{text}");
            }
        }
    }

    #[test]
    fn the_origin_of_a_url_has_neither_its_path_nor_a_user() {
        let of = |uri: &'static str| Origin::of(&Uri::from_static(uri)).map(|origin| origin.to_string());
        assert_eq!(of("http://127.0.0.1:9000/path?query"), Some("http://127.0.0.1:9000".to_owned()));
        for uri in ["http://user@127.0.0.1:9000/", "ftp://127.0.0.1:9000/", "/path", "http://a:99999/"] {
            assert_eq!(of(uri), None, "{uri}");
        }
    }
}
