//! What sessions need from the outside: a key-value store, a clock and randomness.
//!
//! The store's types are those of the port. The core never asks for [`Change::Touch`] or [`Expectation::Anything`].

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use lovely_session_key_value::{
    Change, Entry, Error as StoreError, Expectation, Lifetime, Outcome, Version, Write,
};

/// A key-value store with versions. See `wit/key-value.wit` for the whole contract.
pub trait Store {
    /// Reads entries in the order of the keys, and slides their lifetime when `touch` is given.
    ///
    /// # Errors
    /// When nothing could be read.
    fn get_many(&self, keys: Vec<String>, touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError>;

    /// Does independent writes under different keys, and returns their outcomes in order.
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
