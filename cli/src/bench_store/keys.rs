//! The keys of a measurement, and what is done with them.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use lovely_session_host::{Change, Expectation, KeyValue as _, Lifetime, Memcached, Outcome, Version, Write};

use crate::failure::Failure;

/// How many keys there are: as many as are used at a time.
pub const KEYS: usize = 64;

/// If the measurement is interrupted, its entries are gone after this time. Each is written again within less.
const LIFETIME: Lifetime = Lifetime::Seconds(60);

/// The keys, under a random prefix, so that no two measurements and no sessions meet.
#[derive(Debug, Clone)]
pub struct Keys {
    store: Arc<Memcached>,
    prefix: String,
    value: Vec<u8>,
}

impl Keys {
    /// Keys for values of this size.
    pub fn new(store: Arc<Memcached>, size: usize) -> Self {
        let prefix = format!("lovely-session:bench:{:016x}", RandomState::new().hash_one(size));
        Self { store, prefix, value: vec![b'x'; size] }
    }

    /// The size of the values in bytes.
    pub fn size(&self) -> usize {
        self.value.len()
    }

    /// Reads a key.
    pub async fn read(&self, number: usize) -> Result<(), Failure> {
        let read = self.store.get_many(vec![self.key(number)], None).await;
        read.map(drop).map_err(|error| Failure::Measure(error.to_string()))
    }

    /// Puts the value of a key, whatever it was, and returns the version.
    pub async fn put(&self, number: usize) -> Result<Version, Failure> {
        let outcome = self.write(number, Expectation::Anything).await?;
        applied(outcome)?.ok_or_else(|| Failure::Measure("it did not store a value".to_owned()))
    }

    /// Puts the value of a key that has this version, and returns the new one; `None` if the entry is gone, because the
    /// server evicted it.
    pub async fn replace(&self, number: usize, version: Version) -> Result<Option<Version>, Failure> {
        applied(self.write(number, Expectation::Version(version)).await?)
    }

    /// Deletes all keys.
    pub async fn delete(&self) -> Result<(), Failure> {
        let delete =
            |number| Write { key: self.key(number), expects: Expectation::Anything, change: Change::Delete };
        let outcomes = self.store.write_many((0..KEYS).map(delete).collect()).await;
        let outcomes = outcomes.map_err(|error| Failure::Measure(error.to_string()))?;
        outcomes.into_iter().try_for_each(|outcome| applied(outcome).map(drop))
    }

    async fn write(&self, number: usize, expects: Expectation) -> Result<Outcome, Failure> {
        let change = Change::Put { value: self.value.clone(), lifetime: LIFETIME };
        let write = Write { key: self.key(number), expects, change };
        let outcomes = self.store.write_many(vec![write]).await;
        let outcome = outcomes.map(|outcomes| outcomes.into_iter().next());
        outcome
            .map_err(|error| Failure::Measure(error.to_string()))?
            .ok_or_else(|| Failure::Measure("it returned no outcome".to_owned()))
    }

    fn key(&self, number: usize) -> String {
        format!("{}:{}", self.prefix, number % KEYS)
    }
}

/// The version after a write; `None` if there was no entry to write to.
fn applied(outcome: Outcome) -> Result<Option<Version>, Failure> {
    let reason = match outcome {
        Outcome::Applied(version) => return Ok(Some(version)),
        Outcome::Missing => return Ok(None),
        Outcome::Stale => "another client writes its keys".to_owned(),
        Outcome::TooLarge(limit) => {
            format!("a value may have {limit} bytes at most; raise the item size (`-I`)")
        }
        Outcome::Unavailable => "it did not do a write; the log has the reason".to_owned(),
        _ => "it did not report whether it did a write; the log has the reason".to_owned(),
    };
    Err(Failure::Measure(reason))
}
