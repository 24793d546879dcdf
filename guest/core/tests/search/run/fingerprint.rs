//! Hashes of the states of a run.

use lovely_session_core::{Change, Entry, Expectation, Lifetime, Outcome, StoreError, Write};

use super::state::{Part, Run};
use crate::environment::Reply;
use crate::hash::Hash;
use crate::history::Eviction;

impl Run<'_> {
    /// A number that is equal for states with the same possible continuations and the same results of the
    /// checker.
    pub fn hash(&self) -> u64 {
        let mut hash = Hash::default();
        hash.number(self.memory.hash());
        hash.number(self.shared.begun.get().into());
        hash.number(self.shared.ended.get().into());
        for observed in self.shared.observed.borrow().iter() {
            hash.number(u64::from(observed.ended_before) << 32 | u64::from(observed.evicted_before));
        }
        for Eviction { ids, ended, under_way, over } in self.evictions.iter() {
            hash.number(u64::from(*over) << 32 | u64::from(*ids));
            hash.number(u64::from(*ended) << 32 | u64::from(*under_way));
        }
        self.dropped_since.iter().for_each(|servers| hash.number(u64::from(*servers)));
        hash.number(self.faults.into());
        let mut creations = 0u64;
        for (key, number) in &self.creations {
            let mut creation = Hash::default();
            creation.number(*number as u64);
            creation.bytes(key.as_bytes());
            creations = creations.wrapping_add(creation.value());
        }
        hash.number(creations);
        hash.number(self.passed as u64);
        // If time passes, the times of the events matter.
        hash.number(self.shared.timeline.get());
        let current = self.shared.current.borrow();
        for (client, pending) in self.pending.iter().enumerate() {
            hash.number(self.replies_hash[client]);
            hash.number(u64::from(self.started[client]) | u64::from(current[client].crashed) << 1);
            hash.number(current[client].hearsay);
            let parts = pending.iter().flat_map(|pending| &pending.parts);
            parts.for_each(|part| hash_part(&mut hash, part.as_ref()));
        }
        let mut delayed = 0u64;
        for (write, number, stamp) in &self.delayed {
            let mut flight = Hash::default();
            flight.number(self.memory.is_void(&write.key, *stamp).into());
            flight.number(*number as u64);
            hash_write(&mut flight, write);
            delayed = delayed.wrapping_add(flight.value());
        }
        hash.number(delayed);
        hash.value()
    }
}

fn hash_entry(hash: &mut Hash, entry: Option<&Entry>) {
    match entry {
        None => hash.number(1),
        Some(entry) => {
            hash.bytes(&entry.value);
            hash.bytes(&entry.version.0);
            hash.number(entry.seconds_left.unwrap_or(0).into());
        }
    }
}

fn hash_outcome(hash: &mut Hash, outcome: &Outcome) {
    match outcome {
        Outcome::Applied(version) => hash.bytes(&version.0),
        Outcome::Stale => hash.number(2),
        Outcome::Missing => hash.number(3),
        Outcome::Unavailable => hash.number(4),
        Outcome::Unknown => hash.number(5),
        _ => hash.number(6),
    }
}

fn hash_part(hash: &mut Hash, part: Option<&Part>) {
    match part {
        None => hash.number(7),
        Some(Part::Paused) => hash.number(8),
        Some(Part::Read(entry)) => hash_entry(hash, entry.as_ref()),
        Some(Part::Write(outcome)) => hash_outcome(hash, outcome),
    }
}

/// Adds a reply to the hash.
pub fn hash_reply(hash: &mut Hash, reply: &Reply) {
    match reply {
        Reply::Begin(_) | Reply::Paused => hash.number(1),
        Reply::Read(Ok(entries)) => entries.iter().for_each(|entry| hash_entry(hash, entry.as_ref())),
        Reply::Write(Ok(outcomes)) => outcomes.iter().for_each(|outcome| hash_outcome(hash, outcome)),
        Reply::Read(Err(error)) | Reply::Write(Err(error)) => {
            hash.number(if matches!(error, StoreError::Unsupported(_)) { 8 } else { 9 });
        }
    }
}

fn hash_write(hash: &mut Hash, write: &Write) {
    hash.bytes(write.key.as_bytes());
    if let Expectation::Version(version) = &write.expects {
        hash.bytes(&version.0);
    }
    if let Change::Put { value, lifetime } = &write.change {
        hash.bytes(value);
        hash.number(match lifetime {
            Lifetime::NeverExpires => 0,
            Lifetime::Seconds(seconds) => (*seconds).into(),
        });
    }
}
