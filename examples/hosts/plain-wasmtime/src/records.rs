//! A store of session records: a hash map whose entries have versions and expire.
//!
//! Only the session component uses it, which makes no invalid calls, so it does not check them.

use std::collections::HashMap;
use std::time::Duration;

use crate::bindings::lovely::session::key_value::{Change, Entry, Expectation, Lifetime, Outcome, Write};

/// The records.
#[derive(Default)]
pub struct Records {
    items: HashMap<String, Item>,
    last_version: u64,
    /// The number of reads, each of one or more records.
    pub reads: u32,
    /// The number of writes, each of one or more records.
    pub writes: u32,
}

struct Item {
    value: Vec<u8>,
    version: u64,
    /// When it expires, since the Unix epoch; none when it never expires.
    deadline: Option<Duration>,
}

impl Records {
    /// `key-value.get-many`.
    pub fn get_many(
        &mut self,
        keys: &[String],
        touch: Option<Lifetime>,
        now: Duration,
    ) -> Vec<Option<Entry>> {
        self.reads += 1;
        keys.iter().map(|key| self.get(key, touch, now)).collect()
    }

    /// `key-value.write-many`.
    pub fn write_many(&mut self, writes: Vec<Write>, now: Duration) -> Vec<Outcome> {
        self.writes += 1;
        writes.into_iter().map(|write| self.write(write, now)).collect()
    }

    fn get(&mut self, key: &str, touch: Option<Lifetime>, now: Duration) -> Option<Entry> {
        let item = self.live(key, now)?;
        let seconds_left = item.deadline.map(|deadline| whole_seconds(deadline.saturating_sub(now)));
        if let Some(lifetime) = touch {
            item.deadline = deadline(lifetime, now);
        }
        Some(Entry { value: item.value.clone(), version: version(item.version), seconds_left })
    }

    fn write(&mut self, write: Write, now: Duration) -> Outcome {
        let Write { key, expects, change } = write;
        let held = self.live(&key, now).map(|item| version(item.version));
        match (expects, held) {
            (Expectation::Absent, Some(_)) => return Outcome::Stale,
            (Expectation::Version(_), None) => return Outcome::Missing,
            (Expectation::Version(expected), Some(held)) if expected != held => return Outcome::Stale,
            _ => {}
        }
        match change {
            Change::Put(put) => self.put(key, put.value, deadline(put.lifetime, now)),
            Change::Touch(lifetime) => self.touch(&key, deadline(lifetime, now)),
            Change::Delete => match self.items.remove(&key) {
                Some(_) => Outcome::Applied(Vec::new()),
                None => Outcome::Missing,
            },
        }
    }

    fn put(&mut self, key: String, value: Vec<u8>, deadline: Option<Duration>) -> Outcome {
        self.last_version += 1;
        self.items.insert(key, Item { value, version: self.last_version, deadline });
        Outcome::Applied(version(self.last_version))
    }

    fn touch(&mut self, key: &str, deadline: Option<Duration>) -> Outcome {
        match self.items.get_mut(key) {
            Some(item) => {
                item.deadline = deadline;
                Outcome::Applied(version(item.version))
            }
            None => Outcome::Missing,
        }
    }

    /// The item under a key. One that has expired is removed first.
    fn live(&mut self, key: &str, now: Duration) -> Option<&mut Item> {
        let deadline = self.items.get(key)?.deadline;
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.items.remove(key);
        }
        self.items.get_mut(key)
    }
}

/// The version with this number, which is never used twice.
fn version(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn deadline(lifetime: Lifetime, now: Duration) -> Option<Duration> {
    match lifetime {
        Lifetime::NeverExpires => None,
        Lifetime::Seconds(seconds) => Some(now + Duration::from_secs(seconds.into())),
    }
}

fn whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
