//! The calls that this store refuses before anything is done: invalid calls, and values that are too large.

use std::collections::HashSet;

use lovely_session_host::{Change, Error, Expectation, Lifetime, Outcome, Write};

/// The most bytes that a key may have.
const MAX_KEY_BYTES: usize = 250;

/// The most bytes that a value may have.
const MAX_VALUE_BYTES: usize = 4 << 20;

/// Checks a read.
pub fn check_read(keys: &[String], touch: Option<Lifetime>) -> Result<(), Error> {
    keys.iter().try_for_each(|key| check_key(key))?;
    touch.map_or(Ok(()), check_lifetime)
}

/// Checks the writes of a call.
pub fn check_writes(writes: &[Write]) -> Result<(), Error> {
    let mut keys = HashSet::new();
    for Write { key, expects, change } in writes {
        check_key(key)?;
        if !keys.insert(key) {
            return Err(Error::Other(format!("two writes of the key {key:?}; put one in a call")));
        }
        match (expects, change) {
            (_, Change::Put { lifetime, .. }) => check_lifetime(*lifetime)?,
            (Expectation::Absent, _) => {
                return Err(Error::Unsupported("to touch or delete what is expected to be absent".into()));
            }
            (_, Change::Touch(lifetime)) => check_lifetime(*lifetime)?,
            (_, Change::Delete) => {}
        }
        if matches!(expects, Expectation::Version(version) if version.0.len() != 8) {
            return Err(Error::Other("a version that this store has not given".into()));
        }
    }
    Ok(())
}

/// The outcomes of a call with a value that is too large. Nothing of it is done.
pub fn oversize(writes: &[Write]) -> Option<Vec<Outcome>> {
    let is_too_large =
        |write: &Write| matches!(&write.change, Change::Put { value, .. } if value.len() > MAX_VALUE_BYTES);
    let verdict = |write| {
        if is_too_large(write) { Outcome::TooLarge(MAX_VALUE_BYTES as u64) } else { Outcome::Skipped }
    };
    writes.iter().any(is_too_large).then(|| writes.iter().map(verdict).collect())
}

fn check_key(key: &str) -> Result<(), Error> {
    if (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::Other(format!("the key {key:?} is not 1 to 250 printable ASCII characters")))
    }
}

fn check_lifetime(lifetime: Lifetime) -> Result<(), Error> {
    match lifetime {
        Lifetime::Seconds(0) => Err(Error::Other("a lifetime of 0 seconds; use at least 1".into())),
        Lifetime::Seconds(_) | Lifetime::NeverExpires => Ok(()),
    }
}
