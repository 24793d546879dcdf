//! Parsing of `Cookie` headers.

use std::str;

/// The maximum length of a session id, in bytes.
const MAX_ID_BYTES: usize = 1024;

/// Returns the first valid session id among the cookies of this name.
pub(super) fn id_in<'a>(header: &'a [u8], name: &str) -> Option<&'a str> {
    let pairs = header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let values = pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    values.filter(|value| is_id(value)).find_map(|value| str::from_utf8(value).ok())
}

/// Whether this can be a session id, and needs no quotes in a cookie.
pub(super) fn is_id(value: &[u8]) -> bool {
    (1..=MAX_ID_BYTES).contains(&value.len()) && value.iter().all(|byte| is_cookie_octet(*byte))
}

/// The bytes that RFC 6265 allows in a cookie's value.
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &str) -> Option<&str> {
        id_in(header.as_bytes(), "sid")
    }

    #[test]
    fn the_id_is_found_among_other_cookies() {
        assert_eq!(found("sid=abc"), Some("abc"));
        assert_eq!(found("theme=dark; sid=abc; lang=en"), Some("abc"));
        assert_eq!(found("theme=dark;sid=a=b"), Some("a=b"));
    }

    #[test]
    fn a_cookie_of_another_name_is_not_the_id() {
        for header in ["", "sid", "xsid=abc", "SID=abc", "sid2=abc", "theme=sid=abc", ";;", "sid =abc"] {
            assert_eq!(found(header), None, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_none() {
        let long = format!("sid={}", "x".repeat(1025));
        for header in ["sid=", "sid=a b", "sid=\"abc\"", "sid=a,b", "sid=a\\b", "sid=ü", &long] {
            assert_eq!(found(header), None, "{header}");
        }
        assert_eq!(id_in(b"sid=\xff", "sid"), None);
        assert_eq!(id_in(b"\xff=1; sid=abc", "sid"), Some("abc"));
    }

    #[test]
    fn a_bad_cookie_does_not_hide_a_good_one_of_the_same_name() {
        assert_eq!(found("sid=; sid=a b; sid=abc; sid=later"), Some("abc"));
    }

    #[test]
    fn an_id_has_at_most_1024_bytes() {
        assert!(is_id(&[b'x'; 1024]));
        assert!(!is_id(&[b'x'; 1025]));
    }
}
