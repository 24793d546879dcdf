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

/// The number of servers over which the entries are spread.
pub const SERVERS: usize = 2;

/// All servers, a bit each.
pub const ALL_SERVERS: u8 = 0b11;

/// A defect of the store, to see that the checker finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A drop leaves one entry.
    DropsIncompletely,
    /// A write that was sent before a drop and arrives after it is done.
    IsLateForDrops,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Memory {
    pub kind: StoreKind,
    pub now: Duration,
    slots: Vec<Slot>,
    /// How many times the container was dropped on each server.
    generations: [u8; SERVERS],
    pub defect: Option<Defect>,
}

/// The version of an entry as clients see it: different for each key.
fn version_of(key: &str, number: u64) -> Version {
    let mut hash = Hash::default();
    hash.bytes(key.as_bytes());
    Version(((hash.value() << 16) | number).to_be_bytes().to_vec())
}

impl Memory {
    pub fn new(kind: StoreKind, now: Duration) -> Self {
        Self { kind, now, slots: Vec::new(), generations: [0; SERVERS], defect: None }
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

    /// The server of a key.
    pub fn server(key: &str) -> usize {
        let mut hash = Hash::default();
        hash.bytes(key.as_bytes());
        usize::from(hash.value().count_ones() % 2 == 1)
    }

    /// The keys with entries on these servers, a bit each.
    pub fn held_on(&self, servers: u8) -> impl Iterator<Item = &str> {
        self.held().map(|(_, key)| key).filter(move |key| servers & 1 << Self::server(key) != 0)
    }

    /// Drops the container on these servers, a bit each: all its entries at one moment, and every write that is under
    /// way.
    pub fn drop_on(&mut self, servers: u8) {
        let mut leaves = usize::from(self.defect == Some(Defect::DropsIncompletely));
        for slot in &mut self.slots {
            if servers & 1 << Self::server(&slot.key) == 0 || slot.item.is_none() {
                continue;
            }
            if leaves > 0 {
                leaves -= 1;
            } else {
                slot.item = None;
            }
        }
        let dropped =
            self.generations.iter_mut().enumerate().filter(|(server, _)| servers & 1 << server != 0);
        dropped.for_each(|(_, generation)| *generation += 1);
    }

    /// The stamp of a write that is sent now.
    pub fn stamp(&self, key: &str) -> u8 {
        self.generations[Self::server(key)]
    }

    /// Whether a write with this stamp counts no more.
    pub fn is_void(&self, key: &str, stamp: u8) -> bool {
        stamp != self.stamp(key) && self.defect != Some(Defect::IsLateForDrops)
    }

    /// Does a write that was sent before, with this stamp. The store sends what counts no more again; who sent this one
    /// no longer waits for it.
    pub fn arrive(&mut self, write: &Write, stamp: u8) -> Outcome {
        if self.is_void(&write.key, stamp) { Outcome::Missing } else { self.write(write) }
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
