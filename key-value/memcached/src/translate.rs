//! Between the port and memcached: lifetimes, and what an answer means.

use alloc::format;
use core::fmt::Display;
use core::time::Duration;

use lovely_session_key_value::check::InvalidRequest;
use lovely_session_key_value::{Entry, Error, Lifetime, Outcome, Version};

use crate::answer::{Answer, Answered, Code, Complaint, NotUnderstood};
use crate::command::Asked;
use crate::process::Epoch;
use crate::token::Token;

/// memcached's words for a value over its limit. The protocol has no code for it.
const TOO_LARGE: &str = "object too large for cache";

/// memcached's words for having no room, and nothing that it may evict.
const NO_MEMORY: &str = "out of memory storing object";

/// memcached's word for asking a password of the client.
const UNAUTHENTICATED: &str = "unauthenticated";

/// memcached's "never expires".
const NEVER: u32 = 0;

/// What memcached takes for a number of seconds; anything more is a date (protocol.txt, "Expiration times").
const LONGEST_RELATIVE: u32 = 30 * 24 * 60 * 60;

/// The lifetime as memcached takes it, at a time since 1970.
///
/// # Errors
///
/// Beyond 30 days memcached takes a date, which it keeps in 32 bits with a sign: an item that should live
/// past January 2038 would vanish at once, so it is refused.
pub(crate) fn wire_ttl(lifetime: Lifetime, now: Duration) -> Result<u32, Error> {
    let Lifetime::Seconds(seconds) = lifetime else { return Ok(NEVER) };
    if seconds == 0 {
        return Err(InvalidRequest::ZeroLifetime.into());
    }
    let end = now.saturating_add(Duration::from_secs(seconds.into())).as_secs();
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
///
/// # Errors
///
/// When it is no answer to a read.
pub fn entry(answer: Answer, epoch: Epoch) -> Result<Option<Entry>, NotUnderstood> {
    match (answer.code, answer.value, answer.cas, answer.ttl) {
        (Code::En, ..) => Ok(None),
        (Code::Va, Some(value), Some(cas), Some(ttl)) => {
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

/// What is wrong when a server complains of a read, for a person.
pub fn entry_complaint(server: impl Display, complaint: &Complaint) -> Error {
    match complaint {
        Complaint::Server(message) => Error::Unavailable(format!("memcached server {server}: {message}")),
        Complaint::Rejected(message) if message == UNAUTHENTICATED => {
            Error::Denied(format!("memcached server {server} asks for authentication"))
        }
        Complaint::Rejected(message) => {
            Error::Other(format!("memcached server {server} rejected a command: {message}"))
        }
    }
}

/// An answer that is none. It is not shown: it may be a piece of a session.
pub fn incomprehensible(server: impl Display) -> Error {
    Error::Other(format!("memcached server {server} gave an answer that makes no sense; is it memcached?"))
}

/// What became of a write: `answered` by a process of this epoch, on a server whose items have at most so many
/// bytes as far as is known.
pub fn outcome(asked: Asked, answered: &Answered, epoch: Epoch, item_size_max: u64) -> Outcome {
    match answered {
        Ok(answer) => of_answer(asked, answer, epoch),
        Err(complaint) => refused(asked, item_size_max, complaint),
    }
}

/// What makes no sense is [`Outcome::Unknown`]: something was done, but what?
fn of_answer(asked: Asked, answer: &Answer, epoch: Epoch) -> Outcome {
    use Code::{En, Ex, Hd, Nf, Ns};
    match (asked, answer.code, answer.cas) {
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

/// What became of a write that a server complained of.
///
/// When memcached has no room for a put, it drops the entry that was there, so that nobody reads an old
/// value: to the next reader, the entry has been evicted.
fn refused(asked: Asked, item_size_max: u64, complaint: &Complaint) -> Outcome {
    match (asked, complaint) {
        (Asked::Put { size, overhead }, Complaint::Server(message)) if message == TOO_LARGE => {
            // Whatever is known of the limit, this is over it.
            let limit = item_size_max.saturating_sub(overhead);
            Outcome::TooLarge(limit.min(size.saturating_sub(1)))
        }
        (Asked::Put { .. }, Complaint::Server(message)) if message == NO_MEMORY => Outcome::Unavailable,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Line, parse_line};

    const YEAR: u32 = 365 * 24 * 3600;
    const EPOCH: Epoch = Epoch(9);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn answered(line: &str) -> Answered {
        match parse_line(line.as_bytes()) {
            Ok(Line::Complete(answered)) => answered,
            line => panic!("{line:?}"),
        }
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
            assert_eq!(outcome(asked, &answered(line), EPOCH, 1010), meaning, "{line} to {asked:?}");
        }
    }

    #[test]
    fn a_read_without_a_version_makes_no_sense() {
        assert_eq!(entry(answered("HD t5").unwrap(), EPOCH), Err(NotUnderstood));
    }

    #[test]
    fn a_server_without_room_for_a_value_says_so() {
        let refused = |size, words: &str| {
            let asked = Asked::Put { size, overhead: 10 };
            outcome(asked, &answered(&format!("SERVER_ERROR {words}")), EPOCH, 1010)
        };
        assert_eq!(refused(500, TOO_LARGE), Outcome::TooLarge(499));
        assert_eq!(refused(5000, TOO_LARGE), Outcome::TooLarge(1000));
        assert_eq!(refused(500, NO_MEMORY), Outcome::Unavailable);
        assert_eq!(refused(500, "?"), Outcome::Unknown);
        let rejected = answered("CLIENT_ERROR bad data chunk");
        assert_eq!(outcome(Asked::Delete, &rejected, EPOCH, 1000), Outcome::Unknown);
    }

    #[test]
    fn a_complaint_about_a_read_says_what_can_be_done() {
        let complaint = |line| entry_complaint("h:1", &answered(line).unwrap_err());
        assert!(matches!(complaint("CLIENT_ERROR unauthenticated"), Error::Denied(_)));
        assert!(matches!(complaint("CLIENT_ERROR bad data chunk"), Error::Other(_)));
        assert!(matches!(complaint("SERVER_ERROR out of memory"), Error::Unavailable(_)));
        assert!(matches!(incomprehensible("h:1"), Error::Other(text) if text.contains("h:1")));
    }
}
