//! Stores that break the contract, each in a way in which real stores do.

use std::sync::atomic::{AtomicU64, Ordering};

use lovely_session_host::{
    Change, Entry, Error, Expectation, KeyValue, Lifetime, Memory, Outcome, Version, Write, async_trait,
};

/// The defect of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Expectations are ignored.
    LastWriterWins,
    /// The version is the value.
    ComparesValues,
    /// A touch writes the entry again.
    SlidingIsAChange,
    /// Lifetimes are ignored.
    NeverExpires,
    /// Touches are ignored.
    NeverSlides,
    /// A read without a touch slides, too.
    AlwaysSlides,
    /// Results are in reverse order.
    ReversesResults,
    /// `k` and `K` are one key.
    KeysIgnoreCase,
    /// A batch is written until a value is too large.
    MeasuresOneByOne,
    /// An invalid call succeeds.
    ChecksNothing,
    /// A dropped family keeps its entries.
    DropsNothing,
    /// Calls panic.
    Panics,
    /// Not a defect: it does not support versions.
    RefusesVersions,
    /// Not a defect: it cannot drop families.
    RefusesDrops,
}

/// A store in memory with a defect.
pub struct Broken {
    memory: Memory,
    defect: Defect,
    counter: AtomicU64,
}

impl Broken {
    pub fn new(memory: Memory, defect: Defect) -> Self {
        Self { memory, defect, counter: AtomicU64::new(0) }
    }

    fn key(&self, key: String) -> String {
        if self.defect == Defect::KeysIgnoreCase { key.to_lowercase() } else { key }
    }

    fn lifetime(&self, lifetime: Lifetime) -> Lifetime {
        if self.defect == Defect::NeverExpires { Lifetime::NeverExpires } else { lifetime }
    }

    fn touch(&self, touch: Option<Lifetime>) -> Option<Lifetime> {
        match self.defect {
            Defect::NeverSlides => None,
            Defect::AlwaysSlides => touch.or(Some(Lifetime::Seconds(3600))),
            _ => touch.map(|lifetime| self.lifetime(lifetime)),
        }
    }

    fn shown(&self, mut entry: Entry) -> Entry {
        match self.defect {
            Defect::ComparesValues => entry.version = Version([b"v", &entry.value[..]].concat()),
            Defect::SlidingIsAChange => {
                entry.version.0.push(self.counter.fetch_add(1, Ordering::SeqCst) as u8);
            }
            _ => {}
        }
        entry
    }

    async fn expectation(&self, key: &str, expects: Expectation) -> Expectation {
        match (self.defect, expects) {
            (Defect::LastWriterWins, _) => Expectation::Anything,
            (Defect::ComparesValues, Expectation::Version(Version(version))) => {
                let entry = self.memory.get_many(vec![key.into()], None).await.unwrap().remove(0);
                let equal = entry.filter(|entry| version.get(1..) == Some(&entry.value[..]));
                let version = equal.map_or(Version(vec![0xff; 8]), |entry| entry.version);
                Expectation::Version(version)
            }
            (Defect::SlidingIsAChange, Expectation::Version(Version(mut version))) => {
                version.truncate(8);
                Expectation::Version(Version(version))
            }
            (_, expects) => expects,
        }
    }

    fn change(&self, change: Change) -> Change {
        match change {
            Change::Put { value, lifetime } => Change::Put { value, lifetime: self.lifetime(lifetime) },
            Change::Touch(_) if self.defect == Defect::NeverSlides => Change::Touch(Lifetime::Seconds(3)),
            Change::Touch(lifetime) => Change::Touch(self.lifetime(lifetime)),
            Change::Delete => Change::Delete,
        }
    }

    async fn write(&self, write: Write) -> Result<Outcome, Error> {
        let written = match &write.change {
            Change::Put { value, .. } => Some(value.clone()),
            _ => None,
        };
        let expects = self.expectation(&write.key, write.expects).await;
        let write = Write { key: self.key(write.key), expects, change: self.change(write.change) };
        let outcome = self.memory.write_many(vec![write]).await?.remove(0);
        Ok(match (self.defect, outcome, written) {
            (Defect::ComparesValues, Outcome::Applied(_), Some(value)) => {
                Outcome::Applied(Version([b"v", &value[..]].concat()))
            }
            (_, outcome, _) => outcome,
        })
    }
}

#[async_trait]
impl KeyValue for Broken {
    async fn get_many(
        &self,
        keys: Vec<String>,
        touch: Option<Lifetime>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        assert_ne!(self.defect, Defect::Panics, "this store is not there");
        let keys: Vec<_> = keys.into_iter().map(|key| self.key(key)).collect();
        let asked = keys.len();
        let mut entries = match self.memory.get_many(keys, self.touch(touch)).await {
            Err(Error::Other(_)) if self.defect == Defect::ChecksNothing => vec![None; asked],
            entries => entries?,
        };
        if self.defect == Defect::ReversesResults {
            entries.reverse();
        }
        Ok(entries.into_iter().map(|entry| entry.map(|entry| self.shown(entry))).collect())
    }

    async fn drop_family(&self, family: String) -> Result<(), Error> {
        match self.defect {
            Defect::DropsNothing => Ok(()),
            Defect::RefusesDrops => Err(Error::Unsupported("this store cannot drop a family".into())),
            _ => self.memory.drop_family(family).await,
        }
    }

    async fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        let compares = |write: &Write| matches!(write.expects, Expectation::Version(_));
        match self.defect {
            Defect::RefusesVersions if writes.iter().any(compares) => {
                Err(Error::Unsupported("this store cannot compare versions".into()))
            }
            Defect::ChecksNothing => {
                let asked = writes.len();
                let nothing = vec![Outcome::Applied(Version(Vec::new())); asked];
                match self.memory.write_many(writes).await {
                    Err(_) => Ok(nothing),
                    outcomes => outcomes,
                }
            }
            Defect::ReversesResults | Defect::RefusesVersions | Defect::RefusesDrops => {
                let mut outcomes = self.memory.write_many(writes).await?;
                if self.defect == Defect::ReversesResults {
                    outcomes.reverse();
                }
                Ok(outcomes)
            }
            _ => {
                let mut outcomes = Vec::new();
                for write in writes {
                    outcomes.push(self.write(write).await?);
                }
                Ok(outcomes)
            }
        }
    }
}
