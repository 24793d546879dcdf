//! The calls that rules make to a store.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lovely_session_key_value::{
    Change, Entry, Error, Expectation, KeyValue, Lifetime, Outcome, Version, Write,
};

use crate::stop::{Checked, Stop, ensure_eq};
use crate::subject::{LIFETIME, Passing, Subject};

/// The family of the keys of rules that are not about families.
const FAMILY: &str = "lovely-conformance";

/// A store, with the keys of one rule.
pub(crate) struct Probe {
    store: Arc<dyn KeyValue>,
    passing: Passing,
    lifetime: Lifetime,
    prefix: String,
    used: Mutex<BTreeSet<String>>,
}

impl Probe {
    pub(crate) fn new(subject: &Subject, prefix: &str) -> Self {
        let prefix = prefix.to_owned();
        let (store, passing) = (Arc::clone(&subject.store), subject.passing.clone());
        Self { store, passing, lifetime: subject.lifetime, prefix, used: Mutex::default() }
    }

    /// A key of this rule.
    pub(crate) fn key(&self, name: &str) -> String {
        let key = format!("{FAMILY}:{}{name}", self.prefix);
        self.remember(&key);
        key
    }

    /// A family of this rule.
    pub(crate) fn family(&self, name: &str) -> String {
        format!("{FAMILY}:{}{name}", self.prefix)
    }

    /// A key in a family of this rule.
    pub(crate) fn key_in(&self, family: &str, name: &str) -> String {
        let key = format!("{family}:{name}");
        self.remember(&key);
        key
    }

    pub(crate) async fn drop_family(&self, family: &str) -> Checked {
        Ok(self.store.drop_family(family.to_owned()).await?)
    }

    /// Drops a family whose name is invalid, and returns the error.
    pub(crate) async fn refused_drop(&self, family: &str) -> Option<Error> {
        self.store.drop_family(family.to_owned()).await.err()
    }

    /// A key of this rule with the longest length.
    pub(crate) fn longest_key(&self, name: &str) -> String {
        let prefix = format!("{FAMILY}:{}", self.prefix);
        let key = format!("{prefix}{name:0>width$}", width = 250 - prefix.len());
        self.remember(&key);
        key
    }

    pub(crate) async fn let_pass(&self, time: Duration) {
        match &self.passing {
            Passing::Advance(advance) => advance(time),
            Passing::Wait => tokio::time::sleep(time).await,
        }
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Entry>, Stop> {
        self.get_with(key, None).await
    }

    /// Reads one key, and slides its lifetime to `touch`.
    pub(crate) async fn get_with(&self, key: &str, touch: Option<Lifetime>) -> Result<Option<Entry>, Stop> {
        let mut entries = self.get_many(vec![key.into()], touch).await?;
        Ok(entries.pop().flatten())
    }

    /// Reads one key. It is broken if there is no entry.
    pub(crate) async fn found(&self, key: &str) -> Result<Entry, Stop> {
        let absent = || Stop::Broken(format!("a read of `{key}` finds nothing, though it was put"));
        self.get(key).await?.ok_or_else(absent)
    }

    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Stop> {
        let count = keys.len();
        let entries = self.store.get_many(keys, touch).await?;
        ensure_eq!(entries.len(), count, "the number of results of a read");
        Ok(entries)
    }

    pub(crate) async fn write(&self, write: Write) -> Result<Outcome, Stop> {
        let mut outcomes = self.write_many(vec![write]).await?;
        outcomes.pop().ok_or_else(|| Stop::Broken("a write has no outcome".to_owned()))
    }

    pub(crate) async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Stop> {
        let count = writes.len();
        let outcomes = self.store.write_many(self.lasting(writes)).await?;
        ensure_eq!(outcomes.len(), count, "the number of outcomes of a write");
        Ok(outcomes)
    }

    /// Does a write, and returns the version. It is broken if the write is not applied.
    pub(crate) async fn apply(&self, write: Write) -> Result<Version, Stop> {
        let call = format!("{write:?}");
        match self.write(write).await? {
            Outcome::Applied(version) => Ok(version),
            outcome => Err(Stop::Broken(format!("{call}: the outcome is {outcome:?} instead of applied"))),
        }
    }

    /// Makes a read that should fail, and returns its error.
    pub(crate) async fn refused_read(&self, keys: Vec<String>, touch: Option<Lifetime>) -> Option<Error> {
        self.store.get_many(keys, touch).await.err()
    }

    /// Makes a write that should fail, and returns its error.
    pub(crate) async fn refused_write(&self, writes: Vec<Write>) -> Option<Error> {
        self.store.write_many(self.lasting(writes)).await.err()
    }

    /// The same writes, with this store's lifetime in place of [`LIFETIME`].
    fn lasting(&self, mut writes: Vec<Write>) -> Vec<Write> {
        for write in &mut writes {
            match &mut write.change {
                Change::Put { lifetime, .. } | Change::Touch(lifetime) if *lifetime == LIFETIME => {
                    *lifetime = self.lifetime;
                }
                _ => {}
            }
        }
        writes
    }

    /// Deletes the entries of the rule. Failures are ignored.
    pub(crate) async fn clean_up(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        for key in used {
            let _ = self.store.write_many(vec![delete(&key, Expectation::Anything)]).await;
        }
    }

    fn remember(&self, key: &str) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
    }
}

pub(crate) fn put(key: &str, value: impl Into<Vec<u8>>, expects: Expectation) -> Write {
    let change = Change::Put { value: value.into(), lifetime: LIFETIME };
    Write { key: key.into(), expects, change }
}

pub(crate) fn put_for(key: &str, lifetime: Lifetime) -> Write {
    let change = Change::Put { value: b"value".to_vec(), lifetime };
    Write { key: key.into(), expects: Expectation::Anything, change }
}

pub(crate) fn touch(key: &str, lifetime: Lifetime) -> Write {
    Write { key: key.into(), expects: Expectation::Anything, change: Change::Touch(lifetime) }
}

pub(crate) fn delete(key: &str, expects: Expectation) -> Write {
    Write { key: key.into(), expects, change: Change::Delete }
}

pub(crate) fn expecting(version: &Version) -> Expectation {
    Expectation::Version(version.clone())
}
