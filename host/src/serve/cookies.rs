//! The `Cookie` headers of a request.

use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue};

/// Joins the `Cookie` headers of a request to one.
///
/// Browsers send a header for each cookie over HTTP/2, and RFC 9113, section 8.2.3, demands that a server join them with
/// `; ` for an application. An application that joins headers as other ones are joined, with commas, as `Headers.get` of
/// JavaScript does, would take all of them for one cookie.
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    let mut cookies = headers.get_all(COOKIE).iter();
    let (Some(first), Some(second)) = (cookies.next(), cookies.next()) else { return };
    let mut joined = first.as_bytes().to_vec();
    for cookie in std::iter::once(second).chain(cookies) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(cookie.as_bytes());
    }
    // What consists of valid values and `; ` is a valid value.
    if let Ok(joined) = HeaderValue::from_bytes(&joined) {
        headers.insert(COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(cookies: &[&[u8]]) -> Vec<Vec<u8>> {
        let values = cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_bytes(cookie).unwrap()));
        let mut headers: HeaderMap = values.collect();
        join_cookies(&mut headers);
        headers.get_all(COOKIE).iter().map(|value| value.as_bytes().to_vec()).collect()
    }

    #[test]
    fn several_headers_become_one_in_their_order_byte_for_byte() {
        assert_eq!(joined(&[b"a=1", b"b=\xff, 2", b"c=3"]), [b"a=1; b=\xff, 2; c=3".to_vec()]);
        assert_eq!(joined(&[b"", b"b=2"]), [b"; b=2".to_vec()]);
    }

    #[test]
    fn one_header_and_none_stay() {
        assert_eq!(joined(&[b"a=1; b=2"]), [b"a=1; b=2".to_vec()]);
        assert_eq!(joined(&[]), Vec::<Vec<u8>>::new());
    }
}
