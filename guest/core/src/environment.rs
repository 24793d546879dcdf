//! What the core needs from outside: a key-value store, a clock and randomness.
//!
//! The store's types are those of the key-value interface. The core never uses [`Change::Touch`] or
//! [`Expectation::Anything`].

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use lovely_session_key_value::{
    Change, Entry, Error as StoreError, Expectation, Lifetime, Outcome, Version, Write,
};

use crate::observation::Report;

/// A key-value store with versions: the synchronous form of the key-value interface. A version identifies one
/// state of a key: a key that changes from A to B and back to A has three versions.
pub trait Store {
    /// Reads entries, in the order of the keys; `None` for keys that are absent or expired. With `touch`,
    /// each entry found gets this lifetime, counted from now.
    ///
    /// # Errors
    /// When nothing was read.
    fn get_many(&self, keys: &[String], touch: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError>;

    /// Does independent writes of different keys, and returns their outcomes in the same order.
    ///
    /// # Errors
    /// When nothing was written.
    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError>;
}

/// A wall clock.
pub trait Clock {
    /// Returns the time since the Unix epoch.
    fn now(&self) -> Duration;
}

/// A cryptographically secure source of random bytes.
pub trait Random {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Is told what became of transactions.
pub trait Observer {
    /// A transaction has ended in which a session was requested. By default this does nothing.
    fn transaction_ended(&self, _report: Report) {}
}

/// Everything the core needs from outside.
pub trait Environment: Store + Clock + Random + Observer {}

impl<T: Store + Clock + Random + Observer> Environment for T {}

/// An environment for unit tests that do not depend on the store.
#[cfg(test)]
pub(crate) mod no_store {
    use super::*;

    /// A store that is always empty and refuses all writes. Its clock stands at the Unix epoch.
    pub struct NoStore;

    impl Store for NoStore {
        fn get_many(&self, keys: &[String], _: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
            Ok(keys.iter().map(|_| None).collect())
        }

        fn write_many(&self, _: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
            Err(StoreError::Unavailable("there is no store".into()))
        }
    }

    impl Clock for NoStore {
        fn now(&self) -> Duration {
            Duration::ZERO
        }
    }

    impl Observer for NoStore {}

    impl Random for NoStore {
        fn fill(&self, _: &mut [u8]) {}
    }
}
