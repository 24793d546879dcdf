//! The trace that a request belongs to: the header `traceparent` of W3C Trace Context.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::HeaderValue;

/// The name of the header.
pub const TRACEPARENT: &str = "traceparent";

/// The place of a request in a trace: what the header `traceparent` says (W3C Trace Context, section 3.2), and an id for
/// the request itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceContext {
    /// The id of the trace, never 0.
    pub trace: u128,
    /// The id of the request's own span, never 0.
    pub span: u64,
    /// The id of the client's span; `None` if the trace begins here.
    pub parent: Option<u64>,
    /// Whether the client records the trace; `None` if the trace begins here.
    pub parent_sampled: Option<bool>,
}

impl TraceContext {
    /// Continues the trace of a request's headers. A missing, repeated or invalid `traceparent` begins a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let span = fastrand::u64(1..);
        match only.and_then(|value| parse(value.to_str().ok()?)) {
            Some((trace, parent, sampled)) => {
                Self { trace, span, parent: Some(parent), parent_sampled: Some(sampled) }
            }
            None => Self { trace: fastrand::u128(1..), span, parent: None, parent_sampled: None },
        }
    }

    /// The header for requests that are made on behalf of this one.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.to_string()).ok()
    }
}

/// The header for requests that are made on behalf of this one. If the trace begins here, it says that the trace is
/// recorded.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.parent_sampled.unwrap_or(true));
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

/// The ids of the trace and of the span, and whether the trace is recorded.
fn parse(header: &str) -> Option<(u128, u64, bool)> {
    let mut parts = header.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32).filter(|id| *id != 0)?;
    let span = u64::try_from(hex(parts.next()?, 16)?).ok().filter(|id| *id != 0)?;
    let flags = hex(parts.next()?, 2)?;
    // Later versions may have more parts.
    let is_known = version == 0 && parts.next().is_none() || (1..0xff).contains(&version);
    is_known.then_some((trace, span, flags & 1 == 1))
}

/// A number of so many digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn context(headers: &[&'static str]) -> TraceContext {
        let headers = headers.iter().map(|value| (TRACEPARENT.parse().unwrap(), value.parse().unwrap()));
        TraceContext::of(&headers.collect())
    }

    #[test]
    fn a_request_continues_the_trace_of_its_client() {
        let continued = context(&[HEADER]);
        assert_eq!(continued.trace, 0x0af7651916cd43dd8448eb211c80319c);
        assert_eq!((continued.parent, continued.parent_sampled), (Some(0xb7ad6b7169203331), Some(true)));
        assert_ne!(continued.span, 0xb7ad6b7169203331);
        let header = continued.to_string();
        assert_eq!(header, format!("00-0af7651916cd43dd8448eb211c80319c-{:016x}-01", continued.span));
        let unsampled: &'static str = HEADER.replace("-01", "-00").leak();
        assert_eq!(context(&[unsampled]).parent_sampled, Some(false));
    }

    #[test]
    fn a_later_version_of_the_header_is_read_as_far_as_it_is_known() {
        let later = HEADER.replacen("00", "cc", 1) + "-what-the-future-brings";
        let later: &'static str = later.leak();
        assert_eq!(context(&[later]).parent, Some(0xb7ad6b7169203331));
    }

    #[test]
    fn an_invalid_header_begins_a_new_trace() {
        let cases: [&[&'static str]; 8] = [
            &[],
            &[HEADER, HEADER],
            &["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"],
            &["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
            &["00-00000000000000000000000000000000-b7ad6b7169203331-01"],
            &["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"],
            &["00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"],
            &["00-0af7651916cd43dd8448eb211c80319c-+7ad6b7169203331-01"],
        ];
        for headers in cases {
            let begun = context(headers);
            assert_eq!((begun.parent, begun.parent_sampled), (None, None), "{headers:?}");
            assert!(begun.trace != 0 && begun.span != 0);
        }
    }
}
