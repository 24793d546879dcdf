//! Between the port and memcached's meta commands: what is asked, and what an answer means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use memcache::exp::{
    Delete, Get, GetResult, GetStatus, Meta, MutationResult, MutationStatus, Op, OpResult, Set, Ttl,
};

use super::super::check::InvalidRequest;
use crate::key_value::{Change, Entry, Error, Expectation, Lifetime, Outcome, Version, Write};

/// What was asked of a server in one write: all that it takes to read its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A put of a value of this many bytes.
    Put {
        size: u64,
    },
    Touch,
    Delete,
}

impl From<&Change> for Asked {
    fn from(change: &Change) -> Self {
        match change {
            Change::Put { value, .. } => Self::Put { size: value.len() as u64 },
            Change::Touch(_) => Self::Touch,
            Change::Delete => Self::Delete,
        }
    }
}

/// The command that reads a key with its version and the time it has left, and slides its lifetime. The
/// server answers with the time from before.
pub(super) fn read(key: &str, touch: Option<Ttl>) -> Get {
    let mut get = Get::new(key).meta(Meta::NONE.cas().ttl());
    get.touch = touch;
    get
}

/// The command for a write.
pub(super) fn write(write: Write, now: SystemTime) -> Result<Op, Error> {
    let Write { key, expects, change } = write;
    match (change, expects) {
        (Change::Put { value, lifetime }, expects) => put(key, value, ttl(lifetime, now)?, expects),
        (Change::Touch(lifetime), Expectation::Anything) => Ok(touch(&key, ttl(lifetime, now)?)),
        (Change::Touch(_), Expectation::Version(_)) => {
            Err(Error::Unsupported("memcached cannot touch an entry on condition of its version".into()))
        }
        (Change::Touch(_), Expectation::Absent) => Err(InvalidRequest::ChangeOfAbsent("a touch").into()),
        (Change::Delete, Expectation::Anything) => Ok(Delete::new(key).into()),
        (Change::Delete, Expectation::Version(version)) => {
            Ok(Delete::new(key).compare_cas(version.number()?).into())
        }
        (Change::Delete, Expectation::Absent) => Err(InvalidRequest::ChangeOfAbsent("a delete").into()),
    }
}

fn put(key: String, value: Vec<u8>, ttl: Ttl, expects: Expectation) -> Result<Op, Error> {
    // The value is moved in: `Set::new` would copy it.
    let mut set = Set::new(key, []).ttl(ttl).return_cas();
    set.value = value;
    Ok(match expects {
        Expectation::Absent => set.add(),
        Expectation::Version(version) => set.compare_cas(version.number()?),
        Expectation::Anything => set,
    }
    .into())
}

fn touch(key: &str, ttl: Ttl) -> Op {
    Get::new(key).without_value().touch(ttl).meta(Meta::NONE.cas()).into()
}

/// The lifetime as memcached takes it.
///
/// # Errors
///
/// Beyond 30 days memcached takes a date, which it keeps in 32 bits with a sign: an item that should live
/// past January 2038 would vanish at once, so it is refused.
pub(super) fn ttl(lifetime: Lifetime, now: SystemTime) -> Result<Ttl, Error> {
    let Lifetime::Seconds(seconds) = lifetime else { return Ok(Ttl::NEVER) };
    if seconds == 0 {
        return Err(InvalidRequest::ZeroLifetime.into());
    }
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let end = since_epoch.saturating_add(Duration::from_secs(seconds.into())).as_secs();
    if end >= u64::from(i32::MAX.unsigned_abs()) {
        return Err(Error::Unsupported(format!(
            "memcached cannot keep an entry past January 2038, and {seconds} seconds from now is later",
        )));
    }
    Ok(Ttl::secs(seconds))
}

/// The entry that a read found; `None` for an absent one.
pub(super) fn entry(answer: GetResult) -> Result<Option<Entry>, Incomprehensible> {
    if answer.status == GetStatus::Miss {
        return Ok(None);
    }
    Ok(Some(Entry {
        // An item of others that waits to be filled has no bytes yet, but it is there.
        value: answer.value.unwrap_or_default(),
        version: answer.item.cas.map(Version::from_number).ok_or(Incomprehensible)?,
        seconds_left: seconds_left(answer.item.ttl.ok_or(Incomprehensible)?),
    }))
}

/// An answer that lacks what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Incomprehensible;

/// memcached says -1 for "never expires".
fn seconds_left(ttl: i64) -> Option<u32> {
    u64::try_from(ttl).ok().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// What an answer to a write means. What makes no sense is [`Outcome::Unknown`]: something was done, but
/// what?
pub(super) fn outcome(asked: Asked, answer: OpResult) -> Outcome {
    match (asked, answer) {
        (Asked::Touch, OpResult::Get(answer)) => match (answer.status, answer.item.cas) {
            (GetStatus::Miss, _) => Outcome::Missing,
            (_, Some(cas)) => Outcome::Applied(Version::from_number(cas)),
            (_, None) => Outcome::Unknown,
        },
        (Asked::Put { .. } | Asked::Delete, OpResult::Mutation(answer)) => mutation(asked, &answer),
        _ => Outcome::Unknown,
    }
}

fn mutation(asked: Asked, answer: &MutationResult) -> Outcome {
    match (answer.status, asked, answer.cas) {
        (MutationStatus::Applied, Asked::Delete, _) => Outcome::Applied(Version::of_nothing()),
        (MutationStatus::Applied, _, Some(cas)) => Outcome::Applied(Version::from_number(cas)),
        (MutationStatus::NotFound, ..) => Outcome::Missing,
        (MutationStatus::AlreadyExists | MutationStatus::CasMismatch, ..) => Outcome::Stale,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: u32 = 365 * 24 * 3600;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_lifetime_that_ends_after_2038_is_refused() {
        let last = i32::MAX as u64 - 1;
        assert_eq!(ttl(Lifetime::Seconds(100), at(last - 100)), Ok(Ttl::secs(100)));
        assert!(matches!(ttl(Lifetime::Seconds(100), at(last - 99)), Err(Error::Unsupported(_))));
        assert!(matches!(ttl(Lifetime::Seconds(u32::MAX), at(0)), Err(Error::Unsupported(_))));
        assert_eq!(ttl(Lifetime::NeverExpires, at(last)), Ok(Ttl::NEVER));
        assert_eq!(ttl(Lifetime::Seconds(10 * YEAR), at(1_767_225_600)), Ok(Ttl::secs(10 * YEAR)));
    }

    #[test]
    fn a_time_left_that_does_not_fit_is_the_largest() {
        assert_eq!(seconds_left(-1), None);
        assert_eq!(seconds_left(0), Some(0));
        assert_eq!(seconds_left(i64::MAX), Some(u32::MAX));
    }

    #[test]
    fn a_put_is_conditional_on_what_it_expects() {
        let command = |expects| {
            let change = Change::Put { value: b"v".to_vec(), lifetime: Lifetime::Seconds(5) };
            write(Write { key: "k".into(), expects, change }, at(1_767_225_600)).unwrap()
        };
        let set = Set::new("k", "v").ttl(Ttl::secs(5)).return_cas();
        assert_eq!(command(Expectation::Absent), set.clone().add().into());
        assert_eq!(command(Expectation::Anything), set.clone().into());
        let version = Expectation::Version(Version::from_number(7));
        assert_eq!(command(version), set.compare_cas(7).into());
    }
}
