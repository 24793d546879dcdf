//! Between the port and memcached: lifetimes, and what an answer means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use memcache::exp::{MetaCommandResult, ReturnCode};

use super::super::check::InvalidRequest;
use super::command::Asked;
use super::incarnation::Epoch;
use super::incoming::NotUnderstood;
use super::token::Token;
use crate::key_value::{Entry, Error, Lifetime, Outcome, Version};

/// memcached's "never expires".
const NEVER: u32 = 0;

/// What memcached takes for a number of seconds; anything more is a date (protocol.txt, "Expiration times").
const LONGEST_RELATIVE: u32 = 30 * 24 * 60 * 60;

/// The lifetime as memcached takes it.
///
/// # Errors
///
/// Beyond 30 days memcached takes a date, which it keeps in 32 bits with a sign: an item that should live
/// past January 2038 would vanish at once, so it is refused.
pub(super) fn wire_ttl(lifetime: Lifetime, now: SystemTime) -> Result<u32, Error> {
    let Lifetime::Seconds(seconds) = lifetime else { return Ok(NEVER) };
    if seconds == 0 {
        return Err(InvalidRequest::ZeroLifetime.into());
    }
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let end = since_epoch.saturating_add(Duration::from_secs(seconds.into())).as_secs();
    match u32::try_from(end) {
        Ok(end) if end < i32::MAX.unsigned_abs() => {
            Ok(if seconds <= LONGEST_RELATIVE { seconds } else { end })
        }
        _ => Err(Error::Unsupported(format!(
            "memcached cannot keep an entry past January 2038, and {seconds} seconds from now is later",
        ))),
    }
}

/// The entry that a read found, in a process of this epoch; `None` for an absent one.
pub(super) fn entry(answer: MetaCommandResult, epoch: Epoch) -> Result<Option<Entry>, NotUnderstood> {
    match (answer.rc, answer.value, answer.cas, answer.ttl) {
        (ReturnCode::En, ..) => Ok(None),
        (ReturnCode::Va, Some(value), Some(cas), Some(ttl)) => {
            let version = Token { epoch, cas }.into();
            Ok(Some(Entry { value, version, seconds_left: seconds_left(ttl) }))
        }
        _ => Err(NotUnderstood),
    }
}

/// memcached says -1 for "never expires".
fn seconds_left(ttl: i64) -> Option<u32> {
    u64::try_from(ttl).ok().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// What an answer to a write means, from a process of this epoch. What makes no sense is
/// [`Outcome::Unknown`]: something was done, but what?
pub(super) fn outcome(asked: Asked, answer: &MetaCommandResult, epoch: Epoch) -> Outcome {
    use ReturnCode::{En, Ex, Hd, Nf, Ns};
    match (asked, answer.rc, answer.cas) {
        (Asked::Put { .. } | Asked::Touch, Hd, Some(cas)) => Outcome::Applied(Token { epoch, cas }.into()),
        (Asked::Delete, Hd, _) => Outcome::Applied(Version::of_nothing()),
        // "Not stored" is what an add says to something that exists.
        (Asked::Put { .. } | Asked::Delete, Ex, _) | (Asked::Put { .. }, Ns, _) => Outcome::Stale,
        (Asked::Put { .. } | Asked::Delete, Nf, _) | (Asked::Touch, En, _) => Outcome::Missing,
        (Asked::Existence, Hd, _) => Outcome::Stale,
        (Asked::Existence, En, _) => Outcome::Missing,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{MetaResponse, parse_meta_result};

    use super::*;

    const YEAR: u32 = 365 * 24 * 3600;
    const EPOCH: Epoch = Epoch(9);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_lifetime_that_ends_after_2038_is_refused() {
        let last = i32::MAX as u64 - 1;
        assert_eq!(wire_ttl(Lifetime::Seconds(100), at(last - 100)), Ok(100));
        assert!(matches!(wire_ttl(Lifetime::Seconds(100), at(last - 99)), Err(Error::Unsupported(_))));
        assert!(matches!(wire_ttl(Lifetime::Seconds(u32::MAX), at(0)), Err(Error::Unsupported(_))));
        assert_eq!(wire_ttl(Lifetime::NeverExpires, at(last)), Ok(NEVER));
    }

    #[test]
    fn a_long_lifetime_is_sent_as_a_date() {
        let now = 1_767_225_600;
        assert_eq!(wire_ttl(Lifetime::Seconds(LONGEST_RELATIVE), at(now)), Ok(LONGEST_RELATIVE));
        let date = u32::try_from(now).unwrap() + LONGEST_RELATIVE + 1;
        assert_eq!(wire_ttl(Lifetime::Seconds(LONGEST_RELATIVE + 1), at(now)), Ok(date));
        assert_eq!(wire_ttl(Lifetime::Seconds(10 * YEAR), at(now)), Ok(1_767_225_600 + 10 * YEAR));
    }

    #[test]
    fn a_time_left_that_does_not_fit_is_the_largest() {
        assert_eq!(seconds_left(-1), None);
        assert_eq!(seconds_left(0), Some(0));
        assert_eq!(seconds_left(i64::MAX), Some(u32::MAX));
    }

    #[test]
    fn every_answer_to_a_write_has_its_meaning() {
        let put = Asked::Put { size: 1, overhead: 65 };
        let applied = Outcome::Applied(Token { epoch: EPOCH, cas: 7 }.into());
        let cases = [
            (put, "HD c7", applied.clone()),
            (put, "HD", Outcome::Unknown),
            (put, "NS", Outcome::Stale),
            (put, "EX", Outcome::Stale),
            (put, "NF", Outcome::Missing),
            (Asked::Touch, "HD c7", applied),
            (Asked::Touch, "EN", Outcome::Missing),
            (Asked::Delete, "HD", Outcome::Applied(Version::of_nothing())),
            (Asked::Delete, "EX", Outcome::Stale),
            (Asked::Delete, "NF", Outcome::Missing),
            (Asked::Delete, "NS", Outcome::Unknown),
            (Asked::Existence, "HD", Outcome::Stale),
            (Asked::Existence, "EN", Outcome::Missing),
        ];
        for (asked, line, meaning) in cases {
            let answer = parse_meta_result(MetaResponse::parse_header(line.as_bytes()).unwrap()).unwrap();
            assert_eq!(outcome(asked, &answer, EPOCH), meaning, "{line} to {asked:?}");
        }
    }

    #[test]
    fn a_read_without_a_version_makes_no_sense() {
        let answer = parse_meta_result(MetaResponse::parse_header(b"HD t5").unwrap()).unwrap();
        assert_eq!(entry(answer, EPOCH), Err(NotUnderstood));
    }
}
