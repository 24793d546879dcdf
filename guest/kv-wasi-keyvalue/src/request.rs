//! What is refused before anything is done.

use std::collections::HashSet;

use crate::bindings::exports::lovely::session::key_value::{Change, Error, Expectation, Lifetime, Write};
use crate::bucket::Bucket;
use crate::stamped::STAMP_BYTES;

/// The most bytes that a key may have; see `key-value`.
const MAX_KEY_BYTES: usize = 250;

/// Refuses a read that this store cannot do, or no store.
///
/// # Errors
///
/// `unsupported` when it slides lifetimes, `other` for bad arguments.
pub fn check_read(keys: &[String], touch: Option<&Lifetime>) -> Result<(), Error> {
    keys.iter().try_for_each(|key| check_key(key))?;
    touch.map_or(Ok(()), check_lifetime)
}

/// Refuses writes of which one is not possible in this store, or in any.
///
/// # Errors
///
/// `unsupported` for lifetimes, and for conditions that the bucket does not have; `other` for bad arguments.
pub fn check_writes<B: Bucket>(writes: &[Write]) -> Result<(), Error> {
    let mut keys = HashSet::with_capacity(writes.len());
    for write in writes {
        check_key(&write.key)?;
        if !keys.insert(write.key.as_str()) {
            return Err(other("a key is in the call twice"));
        }
        check_expectation(&write.expects)?;
        check_change::<B>(write)?;
    }
    Ok(())
}

fn check_key(key: &str) -> Result<(), Error> {
    if (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(other("a key is not 1 to 250 printable ASCII characters without spaces"))
    }
}

fn check_lifetime(lifetime: &Lifetime) -> Result<(), Error> {
    match lifetime {
        Lifetime::NeverExpires => Ok(()),
        Lifetime::Seconds(0) => Err(other("a lifetime of 0 seconds; use at least 1, or never-expires")),
        Lifetime::Seconds(_) => Err(unsupported("wasi:keyvalue has no lifetimes: use never-expires")),
    }
}

fn check_expectation(expects: &Expectation) -> Result<(), Error> {
    match expects {
        Expectation::Version(version) if version.len() != STAMP_BYTES => {
            Err(other("a version that this store has not given out"))
        }
        _ => Ok(()),
    }
}

fn check_change<B: Bucket>(Write { expects, change, .. }: &Write) -> Result<(), Error> {
    match change {
        Change::Put(put) => check_lifetime(&put.lifetime)?,
        Change::Touch(lifetime) => check_lifetime(lifetime)?,
        Change::Delete => {}
    }
    match (expects, change) {
        (Expectation::Anything, _) | (Expectation::Version(_), Change::Touch(_)) => Ok(()),
        (Expectation::Absent, Change::Touch(_) | Change::Delete) => {
            Err(unsupported("a touch or delete of what is expected to be absent"))
        }
        (_, Change::Put(_)) if B::COMPARES => Ok(()),
        (_, Change::Put(_)) => Err(unsupported("this version of wasi:keyvalue has no compare-and-swap")),
        (_, Change::Delete) if B::DELETES_ON_A_CONDITION => Ok(()),
        (_, Change::Delete) => Err(unsupported("wasi:keyvalue cannot delete on a condition")),
    }
}

fn other(text: &str) -> Error {
    Error::Other(text.to_owned())
}

fn unsupported(text: &str) -> Error {
    Error::Unsupported(text.to_owned())
}
