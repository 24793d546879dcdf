//! What browsers would not take.

use super::{Cookie, SameSite, Transport};

/// Why a cookie cannot carry a session's id. A browser would ignore the cookie, or take it for another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCookie {
    /// The name is empty or holds something other than the letters, digits and marks that RFC 6265 allows.
    #[error("the cookie name {name:?} holds something other than letters, digits, and marks such as - and _")]
    Name {
        /// The name.
        name: String,
    },
    /// The name begins with a prefix that has a meaning for browsers.
    #[error("the cookie name {name:?} has a prefix of its own; use `Cookie::with_host_prefix` instead")]
    Prefix {
        /// The name.
        name: String,
    },
    /// The path does not begin with `/`, or holds something other than printable ASCII without `;`.
    #[error("the cookie path {path:?} must begin with / and be printable ASCII without semicolons")]
    Path {
        /// The path.
        path: String,
    },
    /// A cookie with the prefix `__Host-` has another path than `/`.
    #[error("a cookie with the prefix __Host- must have the path /; it has {path:?}")]
    PathOfHost {
        /// The path.
        path: String,
    },
    /// `SameSite=None` over plain HTTP.
    #[error("a cookie with SameSite=None must not be for plain HTTP")]
    SameSiteNone,
    /// A `Max-Age` of 0, with which browsers forget the cookie at once.
    #[error("a cookie with Max-Age=0 is forgotten at once; use at least 1")]
    MaxAge,
    /// An id that is empty, has over 1024 bytes, or holds what a cookie's value may not.
    #[error("this session id cannot be the value of a cookie")]
    SessionId,
}

impl Cookie<'_> {
    /// Checks everything but the session's id.
    pub(crate) fn check(&self) -> Result<(), InvalidCookie> {
        let (name, path) = (self.name, self.path);
        if name.is_empty() || !name.bytes().all(is_token) {
            Err(InvalidCookie::Name { name: name.to_owned() })
        } else if has_prefix(name) {
            Err(InvalidCookie::Prefix { name: name.to_owned() })
        } else if !path.starts_with('/') || !path.bytes().all(is_path) {
            Err(InvalidCookie::Path { path: path.to_owned() })
        } else if self.transport == Transport::HttpsOfThisHost && path != "/" {
            Err(InvalidCookie::PathOfHost { path: path.to_owned() })
        } else if self.transport == Transport::Any && self.same_site == SameSite::None {
            Err(InvalidCookie::SameSiteNone)
        } else if self.max_age == Some(0) {
            Err(InvalidCookie::MaxAge)
        } else {
            Ok(())
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_path(byte: u8) -> bool {
    (byte.is_ascii_graphic() || byte == b' ') && byte != b';'
}

/// Browsers look at prefixes without regard to case.
fn has_prefix(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["__host-", "__secure-", "__http-", "__host-http-"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_browsers_do_not_take_is_refused() {
        for name in ["", "a b", "a=b", "a;b", "ü", "a\n", "(sid)"] {
            let refused = Cookie::new(name).carrying("abc");
            assert_eq!(refused, Err(InvalidCookie::Name { name: name.to_owned() }));
        }
        for name in ["__Host-sid", "__host-sid", "__Secure-sid"] {
            let refused = Cookie::new(name).carrying("abc");
            assert_eq!(refused, Err(InvalidCookie::Prefix { name: name.to_owned() }));
        }
    }

    #[test]
    fn a_path_cannot_bring_attributes_along() {
        for path in ["", "shop", "/; Domain=example.com", "/\r\n", "/ü"] {
            let refused = Cookie::new("sid").path(path).forgetting();
            assert_eq!(refused, Err(InvalidCookie::Path { path: path.to_owned() }));
        }
    }

    #[test]
    fn attributes_that_contradict_each_other_are_refused() {
        let below = Cookie::new("sid").with_host_prefix().path("/shop");
        assert_eq!(below.carrying("abc"), Err(InvalidCookie::PathOfHost { path: "/shop".to_owned() }));
        let framed = Cookie::new("sid").over_plain_http().same_site(SameSite::None);
        assert_eq!(framed.carrying("abc"), Err(InvalidCookie::SameSiteNone));
        let over = Cookie::new("sid").max_age(0);
        assert_eq!(over.carrying("abc"), Err(InvalidCookie::MaxAge));
    }
}
