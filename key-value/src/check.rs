//! The checks that a call has to pass before a store does anything for it.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::types::{Change, Error, Expectation, Lifetime, Outcome, Version, Write};

/// The most bytes that a key may have.
pub const MAX_KEY_BYTES: usize = 250;

/// A call that no store may carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A key has so many bytes.
    #[error("a key has {0} bytes; keys have 1 to {MAX_KEY_BYTES}")]
    KeyLength(usize),
    /// A key holds a character that keys may not hold.
    #[error("the key {0:?} holds something other than printable ASCII without spaces")]
    KeyCharacter(String),
    /// Two writes are of the same key.
    #[error("the key {0:?} is in the call twice; put one write of it in a call")]
    DuplicateKey(String),
    /// A lifetime is of no length.
    #[error("a lifetime of 0 seconds; use at least 1, or `never-expires`")]
    ZeroLifetime,
    /// A touch or a delete expects nothing to be there.
    #[error("{0} of an entry that is expected to be absent")]
    ChangeOfAbsent(&'static str),
    /// A version is not one of the store's.
    #[error("a version that this store has not given out")]
    ForeignVersion,
}

impl From<InvalidRequest> for Error {
    fn from(invalid: InvalidRequest) -> Self {
        match invalid {
            InvalidRequest::ChangeOfAbsent(_) => Error::Unsupported(invalid.to_string()),
            _ => Error::Other(invalid.to_string()),
        }
    }
}

/// Checks a read.
///
/// # Errors
///
/// Says what is wrong with it; nothing of it may be done then.
pub fn read(keys: &[String], touch: Option<Lifetime>) -> Result<(), InvalidRequest> {
    keys.iter().try_for_each(|key| self::key(key))?;
    touch.map_or(Ok(()), lifetime)
}

/// Checks the writes of a call, each and together; `version` tells whether a version is one of the store's.
/// Sizes are checked by [`oversize`].
///
/// # Errors
///
/// Says what is wrong with one of them; nothing of the call may be done then.
pub fn writes(
    writes: &[Write],
    version: impl Fn(&Version) -> Result<(), InvalidRequest>,
) -> Result<(), InvalidRequest> {
    let mut keys = BTreeSet::new();
    for write in writes {
        key(&write.key)?;
        if !keys.insert(write.key.as_str()) {
            return Err(InvalidRequest::DuplicateKey(write.key.clone()));
        }
        if let Expectation::Version(expected) = &write.expects {
            version(expected)?;
        }
        change(&write.expects, &write.change)?;
    }
    Ok(())
}

/// Checks the sizes of a call's values against the limit for each key. When one is over, nothing may be
/// written, and this gives the answer to the call.
pub fn oversize(writes: &[Write], limit: impl Fn(&str) -> u64) -> Option<Vec<Outcome>> {
    let verdict = |write: &Write| match &write.change {
        Change::Put { value, .. } if value.len() as u64 > limit(&write.key) => {
            Outcome::TooLarge(limit(&write.key))
        }
        _ => Outcome::Skipped,
    };
    let verdicts: Vec<Outcome> = writes.iter().map(verdict).collect();
    verdicts.iter().any(|verdict| *verdict != Outcome::Skipped).then_some(verdicts)
}

fn key(key: &str) -> Result<(), InvalidRequest> {
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Err(InvalidRequest::KeyLength(key.len()));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidRequest::KeyCharacter(key.to_owned()));
    }
    Ok(())
}

fn change(expects: &Expectation, change: &Change) -> Result<(), InvalidRequest> {
    match (change, expects) {
        (Change::Put { lifetime, .. }, _) => self::lifetime(*lifetime),
        (Change::Touch(_), Expectation::Absent) => Err(InvalidRequest::ChangeOfAbsent("a touch")),
        (Change::Touch(lifetime), _) => self::lifetime(*lifetime),
        (Change::Delete, Expectation::Absent) => Err(InvalidRequest::ChangeOfAbsent("a delete")),
        (Change::Delete, _) => Ok(()),
    }
}

fn lifetime(lifetime: Lifetime) -> Result<(), InvalidRequest> {
    match lifetime {
        Lifetime::Seconds(0) => Err(InvalidRequest::ZeroLifetime),
        Lifetime::Seconds(_) | Lifetime::NeverExpires => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn put(key: &str, size: usize) -> Write {
        let change = Change::Put { value: vec![0; size], lifetime: Lifetime::NeverExpires };
        Write { key: key.into(), expects: Expectation::Anything, change }
    }

    #[test]
    fn a_key_has_1_to_250_printable_characters() {
        assert_eq!(key("~!session:1"), Ok(()));
        assert_eq!(key(&"k".repeat(250)), Ok(()));
        assert_eq!(key(""), Err(InvalidRequest::KeyLength(0)));
        assert_eq!(key(&"k".repeat(251)), Err(InvalidRequest::KeyLength(251)));
        for bad in ["a b", "a\r\nb", "a\0b", "\u{7f}", "é"] {
            assert_eq!(key(bad), Err(InvalidRequest::KeyCharacter(bad.into())));
        }
    }

    #[test]
    fn one_value_over_its_limit_skips_the_others() {
        let delete = Write { change: Change::Delete, ..put("d", 0) };
        let writes = [put("a", 10), put("long", 10), delete];
        assert_eq!(oversize(&writes, |_| 10), None);
        let verdicts = oversize(&writes, |key| 10 - key.len() as u64 + 1);
        assert_eq!(verdicts, Some(vec![Outcome::Skipped, Outcome::TooLarge(7), Outcome::Skipped]));
    }

    #[test]
    fn a_bad_key_is_shown_escaped() {
        let text = InvalidRequest::KeyCharacter("a\nb".into()).to_string();
        assert!(text.contains(r#""a\nb""#), "{text}");
    }
}
