//! Checks of names and paths that browsers would not accept.

/// Why a cookie cannot carry a session's id. A browser would ignore the cookie, or read it as another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCookie {
    /// The name is empty, or contains characters other than the letters, digits and marks that RFC 6265 allows.
    #[error("the cookie name {name:?} must consist of letters, digits, and marks such as - and _")]
    Name {
        /// The name.
        name: String,
    },
    /// The name begins with a prefix that has a meaning for browsers.
    #[error(
        "the cookie name {name:?} begins with a reserved prefix; leave it out: `Cookie` adds __Host- by itself"
    )]
    Prefix {
        /// The name.
        name: String,
    },
    /// The path does not begin with `/`, or contains characters other than printable ASCII without `;`.
    #[error("the cookie path {path:?} must begin with / and be printable ASCII without semicolons")]
    Path {
        /// The path.
        path: String,
    },
    /// A cookie with the prefix `__Host-` has a path other than `/`.
    #[error(
        "a cookie with the prefix __Host- must have the path /, not {path:?}; use `Cookie::without_host_prefix`"
    )]
    HostPrefixPath {
        /// The path.
        path: String,
    },
    /// `SameSite=None` over plain HTTP.
    #[error("a cookie with SameSite=None must not be sent over plain HTTP")]
    SameSiteNone,
    /// `Partitioned` over plain HTTP.
    #[error("a cookie with Partitioned must not be sent over plain HTTP")]
    Partitioned,
    /// A `Max-Age` of 0, which makes browsers remove the cookie at once.
    #[error("the Max-Age of a cookie must be at least 1")]
    MaxAge,
    /// The session id is empty, longer than 1,024 bytes, or contains characters that a cookie's value must not contain.
    #[error("this session id cannot be the value of a cookie")]
    SessionId,
}

pub(super) fn check_name(name: &str) -> Result<(), InvalidCookie> {
    if name.is_empty() || !name.bytes().all(is_token) {
        Err(InvalidCookie::Name { name: name.to_owned() })
    } else if has_prefix(name) {
        Err(InvalidCookie::Prefix { name: name.to_owned() })
    } else {
        Ok(())
    }
}

pub(super) fn check_path(path: &str) -> Result<(), InvalidCookie> {
    if path.starts_with('/') && path.bytes().all(is_path) {
        Ok(())
    } else {
        Err(InvalidCookie::Path { path: path.to_owned() })
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_path(byte: u8) -> bool {
    (byte.is_ascii_graphic() || byte == b' ') && byte != b';'
}

/// Browsers compare prefixes without regard to case.
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
            assert_eq!(check_name(name), Err(InvalidCookie::Name { name: name.to_owned() }));
        }
        for name in ["__Host-sid", "__host-sid", "__Secure-sid"] {
            assert_eq!(check_name(name), Err(InvalidCookie::Prefix { name: name.to_owned() }));
        }
    }

    #[test]
    fn a_path_cannot_bring_attributes_along() {
        for path in ["", "shop", "/; Domain=example.com", "/\r\n", "/ü"] {
            assert_eq!(check_path(path), Err(InvalidCookie::Path { path: path.to_owned() }));
        }
    }
}
