//! The cheapest environment for sessions: a map as the store, a clock that stands still, and a counter as randomness.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use lovely_session_core::{
    Change, Clock, Entry, Expectation, Lifetime, Observer, Outcome, Random, Store, StoreError, Version, Write,
};

/// The lifetime of all entries. Nothing expires here.
const LIFETIME: Lifetime = Lifetime::Seconds(3600);

/// A store that checks versions, and does nothing else.
#[derive(Default)]
pub struct World {
    values: RefCell<BTreeMap<String, (Vec<u8>, Version)>>,
    last_number: Cell<u64>,
}

impl World {
    /// The calls to the store that every transaction on a session makes: one read and one write.
    pub fn load_and_store(&self, key: &str) {
        let entries = self.get_many(&[key.to_owned()], Some(LIFETIME)).unwrap();
        let entry = entries.into_iter().flatten().next().unwrap();
        let change = Change::Put { value: entry.value, lifetime: LIFETIME };
        let write = Write { key: key.to_owned(), expects: Expectation::Version(entry.version), change };
        let outcomes = self.write_many(vec![write]).unwrap();
        assert!(matches!(outcomes[..], [Outcome::Applied(_)]));
    }

    fn next_number(&self) -> u64 {
        self.last_number.set(self.last_number.get() + 1);
        self.last_number.get()
    }

    fn apply(&self, write: Write) -> Outcome {
        let mut values = self.values.borrow_mut();
        let held = values.get(&write.key).map(|(_, version)| version);
        match (write.expects, held) {
            (Expectation::Absent, Some(_)) => return Outcome::Stale,
            (Expectation::Version(_), None) => return Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if expected != *held => return Outcome::Stale,
            _ => {}
        }
        match write.change {
            Change::Put { value, .. } => {
                let version = Version(self.next_number().to_be_bytes().to_vec());
                values.insert(write.key, (value, version.clone()));
                Outcome::Applied(version)
            }
            Change::Touch(_) => held.map_or(Outcome::Missing, |version| Outcome::Applied(version.clone())),
            Change::Delete => {
                values.remove(&write.key);
                Outcome::Applied(Version(Vec::new()))
            }
        }
    }
}

impl Store for World {
    fn get_many(&self, keys: &[String], _: Option<Lifetime>) -> Result<Vec<Option<Entry>>, StoreError> {
        let values = self.values.borrow();
        let entry = |(value, version): &(Vec<u8>, Version)| Entry {
            value: value.clone(),
            version: version.clone(),
            seconds_left: Some(3600),
        };
        Ok(keys.iter().map(|key| values.get(key).map(entry)).collect())
    }

    fn write_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, StoreError> {
        Ok(writes.into_iter().map(|write| self.apply(write)).collect())
    }
}

impl Clock for World {
    fn now(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }
}

impl Observer for World {}

impl Random for World {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.next_number().to_be_bytes();
        buffer.iter_mut().zip(number.iter().rev()).for_each(|(target, byte)| *target = *byte);
    }
}
