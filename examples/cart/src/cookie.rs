//! The cookie that carries the session's id.
//!
//! It is `HttpOnly`, so that scripts cannot steal it, and `SameSite=Lax`, so that forms on other
//! sites cannot use it. Behind HTTPS, add `Secure`.

/// The `Set-Cookie` value that makes a browser forget the session.
pub const FORGET: &str = "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";

/// The `Set-Cookie` value that hands a session's id to a browser, until it is closed.
pub fn remember(session_id: &str) -> String {
    format!("sid={session_id}; HttpOnly; SameSite=Lax; Path=/")
}

/// Finds the session's id in the value of a `Cookie` header.
pub fn session_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|cookie| cookie.trim().strip_prefix("sid="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_among_other_cookies() {
        assert_eq!(session_id("sid=abc"), Some("abc"));
        assert_eq!(session_id("theme=dark; sid=abc; lang=en"), Some("abc"));
        assert_eq!(session_id("theme=dark;sid=a=b"), Some("a=b"));
    }

    #[test]
    fn a_cookie_of_another_name_is_not_the_id() {
        for header in ["", "sid", "xsid=abc", "SID=abc", "theme=sid=abc"] {
            assert_eq!(session_id(header), None, "{header}");
        }
    }
}
