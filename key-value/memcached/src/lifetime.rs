//! Lifetimes as memcached takes them.

use std::time::Duration;

use lovely_session_key_value::check::InvalidRequest;
use lovely_session_key_value::{Error, Lifetime};

/// "Never expires".
const NEVER: u32 = 0;

/// The largest number that memcached takes for seconds from now; a larger one is a date (protocol.txt, "Expiration
/// times").
const MAX_RELATIVE: u32 = 30 * 24 * 60 * 60;

/// A lifetime as memcached takes it; `now` is the time since 1970.
///
/// This is not `memcache::exp::Ttl`, which has no public way to its number, and which sends dates past January 2038.
///
/// # Errors
///
/// Over 30 days memcached takes a date, which it keeps in 32 bits with a sign: an item that should live past January
/// 2038 would vanish at once. So a lifetime that ends later is [`Error::Unsupported`], whatever its length.
pub(crate) fn expiration(lifetime: Lifetime, now: Duration) -> Result<u32, Error> {
    let Lifetime::Seconds(seconds) = lifetime else { return Ok(NEVER) };
    if seconds == 0 {
        return Err(InvalidRequest::ZeroLifetime.into());
    }
    let end = now.saturating_add(Duration::from_secs(seconds.into())).as_secs();
    match u32::try_from(end) {
        Ok(end) if end < i32::MAX.unsigned_abs() => Ok(if seconds <= MAX_RELATIVE { seconds } else { end }),
        _ => Err(Error::Unsupported(format!(
            "memcached cannot keep an entry past January 2038, and {seconds} seconds from now is later",
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: u32 = 365 * 24 * 3600;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_lifetime_that_ends_after_2038_is_refused() {
        let last = i32::MAX as u64 - 1;
        assert_eq!(expiration(Lifetime::Seconds(100), at(last - 100)), Ok(100));
        assert!(matches!(expiration(Lifetime::Seconds(100), at(last - 99)), Err(Error::Unsupported(_))));
        assert!(matches!(expiration(Lifetime::Seconds(u32::MAX), at(0)), Err(Error::Unsupported(_))));
        assert_eq!(expiration(Lifetime::NeverExpires, at(last)), Ok(NEVER));
    }

    #[test]
    fn a_long_lifetime_is_sent_as_a_date() {
        let now = 1_767_225_600;
        assert_eq!(expiration(Lifetime::Seconds(MAX_RELATIVE), at(now)), Ok(MAX_RELATIVE));
        let date = u32::try_from(now).unwrap() + MAX_RELATIVE + 1;
        assert_eq!(expiration(Lifetime::Seconds(MAX_RELATIVE + 1), at(now)), Ok(date));
        assert_eq!(expiration(Lifetime::Seconds(10 * YEAR), at(now)), Ok(1_767_225_600 + 10 * YEAR));
    }
}
