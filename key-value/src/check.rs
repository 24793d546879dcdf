//! The checks that every store makes before it carries out a call.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::types::{Change, Error, Expectation, Lifetime, Outcome, Version, Write};

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 250;

/// The longest name of a family, in bytes: its keys have a colon and at least one more character.
pub const MAX_FAMILY_BYTES: usize = MAX_KEY_BYTES - 2;

/// Why a call is invalid. Convert it into an [`Error`] to return it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A key is empty or too long; it has this number of bytes.
    #[error("a key has {0} bytes; keys have 1 to {MAX_KEY_BYTES}")]
    KeyLength(usize),
    /// A key has a character other than the printable ASCII characters without the space.
    #[error("the key {0:?} has other characters than printable ASCII without spaces")]
    KeyCharacter(String),
    /// A key ends with a colon. Under such a key, a store may keep what it knows of a family.
    #[error("the key {0:?} ends with a colon, which names a family and no entry")]
    KeyOfFamily(String),
    /// The name of a family is empty, too long, or has other characters than a key.
    #[error(
        "{0:?} is not a family; it has 1 to {MAX_FAMILY_BYTES} printable ASCII characters without spaces"
    )]
    Family(String),
    /// Two writes have the same key.
    #[error("the call has two writes of the key {0:?}; use one call for each")]
    DuplicateKey(String),
    /// A lifetime has 0 seconds.
    #[error("a lifetime of 0 seconds; use at least 1, or `never-expires`")]
    ZeroLifetime,
    /// A touch or a delete expects the entry to be absent. The text is `a touch` or `a delete`.
    #[error("{0} of an entry that is expected to be absent")]
    ChangeOfAbsent(&'static str),
    /// A version does not have the form of this store's versions.
    #[error("a version that is not from this store")]
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

/// Checks the parameters of [`KeyValue::get_many`](crate::KeyValue::get_many).
///
/// # Errors
///
/// Returns the first problem. The store must not do anything of the call then.
pub fn read(keys: &[String], touch: Option<Lifetime>) -> Result<(), InvalidRequest> {
    keys.iter().try_for_each(|key| self::key(key))?;
    touch.map_or(Ok(()), lifetime)
}

/// Checks the parameters of [`KeyValue::write_many`](crate::KeyValue::write_many), except for the sizes of values; see
/// [`oversize`]. `version` checks whether a version has the form of this store's versions.
///
/// # Errors
///
/// Returns the first problem. The store must not do anything of the call then.
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

/// Checks the parameter of [`KeyValue::drop_family`](crate::KeyValue::drop_family).
///
/// # Errors
///
/// When no key can belong to such a family. The store must not do anything of the call then.
pub fn family(family: &str) -> Result<(), InvalidRequest> {
    let is_printable = family.bytes().all(|byte| byte.is_ascii_graphic());
    if is_printable && (1..=MAX_FAMILY_BYTES).contains(&family.len()) {
        return Ok(());
    }
    Err(InvalidRequest::Family(family.to_owned()))
}

/// Checks the sizes of values; `limit` returns the most bytes for a value under a key. If a value is too large, returns
/// the outcomes to return from the call, [`Outcome::TooLarge`] and [`Outcome::Skipped`]. The store must not write
/// anything then.
pub fn oversize(writes: &[Write], limit: impl Fn(&str) -> u64) -> Option<Vec<Outcome>> {
    let outcome = |write: &Write| match &write.change {
        Change::Put { value, .. } if value.len() as u64 > limit(&write.key) => {
            Outcome::TooLarge(limit(&write.key))
        }
        _ => Outcome::Skipped,
    };
    let outcomes: Vec<Outcome> = writes.iter().map(outcome).collect();
    outcomes.iter().any(|outcome| *outcome != Outcome::Skipped).then_some(outcomes)
}

fn key(key: &str) -> Result<(), InvalidRequest> {
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Err(InvalidRequest::KeyLength(key.len()));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidRequest::KeyCharacter(key.to_owned()));
    }
    if key.ends_with(':') {
        return Err(InvalidRequest::KeyOfFamily(key.to_owned()));
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
        assert_eq!(key("a:b:"), Err(InvalidRequest::KeyOfFamily("a:b:".into())));
    }

    #[test]
    fn a_family_has_1_to_248_printable_characters() {
        let longest = "f".repeat(248);
        assert_eq!(family("ls1:cart"), Ok(()));
        assert_eq!(family(&longest), Ok(()));
        for bad in ["", "a b", "a\r\nb", "é", &(longest + "f")] {
            assert_eq!(family(bad), Err(InvalidRequest::Family(bad.into())));
        }
    }

    #[test]
    fn a_value_that_is_too_large_skips_the_other_writes() {
        let delete = Write { change: Change::Delete, ..put("d", 0) };
        let writes = [put("a", 10), put("long", 10), delete];
        assert_eq!(oversize(&writes, |_| 10), None);
        let outcomes = oversize(&writes, |key| 10 - key.len() as u64 + 1);
        assert_eq!(outcomes, Some(vec![Outcome::Skipped, Outcome::TooLarge(7), Outcome::Skipped]));
    }

    #[test]
    fn an_invalid_key_is_escaped_in_the_message() {
        let text = InvalidRequest::KeyCharacter("a\nb".into()).to_string();
        assert!(text.contains(r#""a\nb""#), "{text}");
    }
}
