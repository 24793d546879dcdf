//! A store in memory: entries with versions that are never used again, and an expiry.

use std::rc::Rc;
use std::time::Duration;

use lovely_session_core::{Change, Entry, Expectation, Lifetime, Outcome, StoreError, Version, Write};

use crate::hash::Hash;
use crate::program::StoreKind;

/// The entry under a key.
#[derive(Clone, Debug)]
pub struct Item {
    pub value: Rc<[u8]>,
    pub version: u64,
    pub expires: Option<Duration>,
}

/// A key, with or without an entry.
#[derive(Clone, Debug)]
struct Slot {
    key: Rc<str>,
    item: Option<Item>,
    /// The number of versions that this key has had.
    versions: u64,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Memory {
    pub kind: StoreKind,
    pub now: Duration,
    slots: Vec<Slot>,
}

/// The version of an entry as clients see it: different for each key.
fn version_of(key: &str, number: u64) -> Version {
    let mut hash = Hash::default();
    hash.bytes(key.as_bytes());
    Version(((hash.value() << 16) | number).to_be_bytes().to_vec())
}

impl Memory {
    pub fn new(kind: StoreKind, now: Duration) -> Self {
        Self { kind, now, slots: Vec::new() }
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.slots.iter().position(|slot| &*slot.key == key)
    }

    fn slot(&mut self, key: &str) -> &mut Slot {
        let position = self.position(key).unwrap_or_else(|| {
            self.slots.push(Slot { key: key.into(), item: None, versions: 0 });
            self.slots.len() - 1
        });
        &mut self.slots[position]
    }

    /// The entry under a key.
    fn item(&self, key: &str) -> Option<&Item> {
        let item = self.slots[self.position(key)?].item.as_ref()?;
        item.expires.is_none_or(|at| at > self.now).then_some(item)
    }

    /// The keys with entries, with their positions.
    pub fn held(&self) -> impl Iterator<Item = (usize, &str)> {
        let held = self.slots.iter().enumerate().filter(|(_, slot)| {
            slot.item.as_ref().is_some_and(|item| item.expires.is_none_or(|at| at > self.now))
        });
        held.map(|(position, slot)| (position, &*slot.key))
    }

    /// The key at a position.
    pub fn key(&self, position: usize) -> &str {
        &self.slots[position].key
    }

    /// Removes an entry.
    pub fn evict(&mut self, position: usize) {
        self.slots[position].item = None;
    }

    /// Removes all entries.
    pub fn restart(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.item = None);
    }

    /// Whether the store refuses to slide an expiry while it reads.
    pub fn refuses_touch(&self, touch: Option<Lifetime>) -> Option<StoreError> {
        let refuses = touch.is_some() && self.kind != StoreKind::Slides;
        refuses.then(|| StoreError::Unsupported("it cannot slide an expiry".into()))
    }

    /// Whether the store refuses a batch of writes.
    pub fn refuses(&self, writes: &[Write]) -> Option<StoreError> {
        let expires = |write: &Write| matches!(&write.change, Change::Put { lifetime, .. } if *lifetime != Lifetime::NeverExpires);
        let refuses = self.kind == StoreKind::Keeps && writes.iter().any(expires);
        refuses.then(|| StoreError::Unsupported("it knows no expiry".into()))
    }

    fn expiry(&self, lifetime: Lifetime) -> Option<Duration> {
        match lifetime {
            Lifetime::NeverExpires => None,
            Lifetime::Seconds(seconds) => Some(self.now + Duration::from_secs(seconds.into())),
        }
    }

    /// Reads one key.
    pub fn read(&mut self, key: &str, touch: Option<Lifetime>) -> Option<Entry> {
        let now = self.now;
        let expires = touch.map(|lifetime| self.expiry(lifetime));
        let position = self.position(key)?;
        let item =
            self.slots[position].item.as_mut().filter(|item| item.expires.is_none_or(|at| at > now))?;
        let seconds_left = item.expires.map(|at| at.saturating_sub(now).as_secs() as u32);
        if let Some(expires) = expires {
            item.expires = expires;
        }
        Some(Entry { value: item.value.to_vec(), version: version_of(key, item.version), seconds_left })
    }

    /// Does one write.
    pub fn write(&mut self, write: &Write) -> Outcome {
        let held = self.item(&write.key).map(|item| version_of(&write.key, item.version));
        match (&write.expects, held) {
            (Expectation::Absent, Some(_)) => return Outcome::Stale,
            (Expectation::Version(_), None) => return Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if *expected != held => return Outcome::Stale,
            _ => {}
        }
        match &write.change {
            Change::Put { value, lifetime } => {
                let expires = self.expiry(*lifetime);
                let slot = self.slot(&write.key);
                slot.versions += 1;
                let version = slot.versions;
                slot.item = Some(Item { value: value.as_slice().into(), version, expires });
                Outcome::Applied(version_of(&write.key, version))
            }
            Change::Delete => {
                self.slot(&write.key).item = None;
                Outcome::Applied(Version(Vec::new()))
            }
            #[allow(unreachable_patterns, reason = "there are stores with more kinds of changes")]
            _ => panic!("the core never asks for this change"),
        }
    }

    /// A number that is equal for equal stores.
    pub fn hash(&self) -> u64 {
        let mut sum = 0u64;
        for slot in &self.slots {
            let mut hash = Hash::default();
            hash.bytes(slot.key.as_bytes());
            hash.number(slot.versions);
            if let Some(item) = &slot.item {
                hash.bytes(&item.value);
                hash.number(item.version);
                hash.number(item.expires.map_or(0, |at| at.as_secs()));
            }
            // The position of a key depends on the order of the first writes, and does not matter.
            sum = sum.wrapping_add(hash.value());
        }
        sum
    }
}
