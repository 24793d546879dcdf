//! What sessions need from the outside: a key-value store, a clock and randomness.
//!
//! The types are those of the WIT interface `lovely:session/key-value`, less what the core never asks for.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// The version of an entry. Only equality means anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub Vec<u8>);

/// How long an entry lives from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is deleted or evicted.
    NeverExpires,
    /// So many seconds, at least 1.
    Seconds(u32),
}

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes, as they were put.
    pub value: Vec<u8>,
    /// Their version.
    pub version: Version,
    /// The seconds that the entry had left before the read slid its lifetime, if the store can tell.
    pub seconds_left: Option<u32>,
}

/// What a key must hold for a write to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing.
    Absent,
    /// An entry of this version.
    Version(Version),
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Stores a value.
    Put {
        /// The bytes.
        value: Vec<u8>,
        /// How long they live.
        lifetime: Lifetime,
    },
    /// Removes the entry.
    Delete,
}

/// One write under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The key: at most 250 printable ASCII characters without spaces.
    pub key: String,
    /// The condition.
    pub expects: Expectation,
    /// The effect.
    pub change: Change,
}

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; the key holds this version now.
    Applied(Version),
    /// Not done: the key holds something else.
    Stale,
    /// Not done: the key holds nothing.
    Missing,
    /// Not done: the store takes at most so many bytes under this key.
    TooLarge(u64),
    /// Not done, because another write of the same call is too large.
    Skipped,
    /// Not done: the server of this key could not be reached.
    Unavailable,
    /// Sent, and the answer was not seen.
    Unknown,
}

/// Why a call failed as a whole; nothing of it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The store cannot be reached.
    Unavailable(String),
    /// The store cannot do what was asked.
    Unsupported(String),
    /// The store refused access.
    Denied(String),
    /// Anything else.
    Other(String),
}

/// A key-value store with versions. See `wit/key-value.wit` for the whole contract.
pub trait Store {
    /// Reads entries in the order of the keys, and slides their lifetime when `touch` is given.
    ///
    /// # Errors
    /// When nothing could be read.
    fn get_many(&self, keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError>;

    /// Does independent writes under different keys; answers their outcomes in order.
    ///
    /// # Errors
    /// When nothing was written.
    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError>;
}

/// A clock that tells the time of day.
pub trait Clock {
    /// The time since the Unix epoch.
    fn now(&self) -> Duration;
}

/// A source of randomness that nobody can predict.
pub trait Random {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Everything sessions need from the outside.
pub trait Environment: Store + Clock + Random {}

impl<T: Store + Clock + Random> Environment for T {}

/// An environment for unit tests that need one, and nothing of it.
#[cfg(test)]
pub(crate) mod nowhere {
    use super::*;

    /// A store that holds nothing and takes nothing, at the beginning of time.
    pub struct Nowhere;

    impl Store for Nowhere {
        fn get_many(&self, keys: Vec<String>, _: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
            Ok(keys.iter().map(|_| None).collect())
        }

        fn write_many(&self, _: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
            Err(StoreError::Unavailable("there is no store".into()))
        }
    }

    impl Clock for Nowhere {
        fn now(&self) -> Duration {
            Duration::ZERO
        }
    }

    impl Random for Nowhere {
        fn fill(&self, _: &mut [u8]) {}
    }
}
