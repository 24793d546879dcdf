//! The turns of one instance: which it has, which it waits for, and when they end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_key_value::{Change, Expectation, Outcome, Write};

use super::options::TurnsOptions;
use super::shared::Shared;
use super::table::{InstanceId, Key, Requested};
use super::wait::Wait;

/// The turns of one instance. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct InstanceTurns {
    shared: Arc<Shared>,
    options: TurnsOptions,
    instance: InstanceId,
    /// How much longer it may wait before one of its writes is applied.
    wait_left: Duration,
    held: Vec<Held>,
    /// The keys on which its latest write was stale.
    lost: Vec<String>,
    since_load: SinceLoad,
}

/// A key whose turn the instance has, or had until the turn expired.
#[derive(Debug)]
struct Held {
    key: Key,
    is_written: bool,
}

/// What an instance has done since its last load.
#[derive(Debug, Default)]
struct SinceLoad {
    /// The number of keys that it loaded before its first write.
    loaded: usize,
    has_tried_to_write: bool,
    has_written: bool,
}

/// A write that is on its way to the store.
pub(crate) struct Sent {
    key: String,
    /// Whether it changes the entry, that is, is more than a touch.
    changes: bool,
    /// Whether it is a put that can lose a race.
    can_lose: bool,
}

impl InstanceTurns {
    pub(crate) fn new(shared: Arc<Shared>, options: TurnsOptions) -> Self {
        let (instance, wait_left) = (shared.next_instance(), options.max_wait);
        let (held, lost, since_load) = (Vec::new(), Vec::new(), SinceLoad::default());
        Self { shared, options, instance, wait_left, held, lost, since_load }
    }

    /// Waits for the turns at these keys, if the read has to wait. `loads` tells whether the read slides lifetimes.
    pub(crate) async fn before_read(&mut self, keys: &[String], loads: bool) {
        if loads {
            self.since_load.load(keys.len());
            self.end_if_written();
        }
        let lost = if self.lost.is_empty() { Vec::new() } else { self.take_lost(keys) };
        if self.shared.has_no_hot_keys() {
            return;
        }
        if loads {
            self.request(&as_strs(keys)).await;
        } else if !lost.is_empty() {
            self.request(&as_strs(&lost)).await;
        }
    }

    /// Keeps what [`after_write`](Self::after_write) has to know of the writes of a call.
    pub(crate) fn before_write(&self, writes: &[Write]) -> Vec<Sent> {
        writes.iter().map(Sent::of).collect()
    }

    /// Ends turns, or marks keys as hot, by the outcomes of writes.
    pub(crate) fn after_write(&mut self, sent: Vec<Sent>, outcomes: &[Outcome]) {
        let were_written = self.are_all_written();
        self.since_load.has_tried_to_write = true;
        let mut lost = Vec::new();
        for (sent, outcome) in sent.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Applied(_) if sent.changes => self.applied(&sent.key),
                Outcome::Stale if sent.can_lose => lost.push(sent.key),
                _ => {}
            }
        }
        if !lost.is_empty() {
            self.lose(lost);
        } else if self.are_all_written() && (were_written || self.since_load.loaded <= 1) {
            // A commit of several sessions can write each record before its decision, so it keeps its turns until
            // the next write.
            self.end_turns();
        }
    }

    /// Handles lost races: the instance will write all its keys again.
    fn lose(&mut self, lost: Vec<String>) {
        let now = Instant::now();
        self.shared.with_table(|table| lost.iter().for_each(|key| table.mark_hot(key, now)));
        self.held.iter_mut().for_each(|held| held.is_written = false);
        self.lost = lost;
    }

    fn applied(&mut self, key: &str) {
        self.since_load.has_written = true;
        self.wait_left = self.options.max_wait;
        self.lost.retain(|lost| lost != key);
        if let Some(held) = self.held.iter_mut().find(|held| *held.key == *key) {
            held.is_written = true;
        }
    }

    /// Removes those of these keys from the lost ones and returns them: the instance is about to read what others
    /// wrote.
    fn take_lost(&mut self, keys: &[String]) -> Vec<String> {
        self.lost.extract_if(.., |lost| keys.contains(lost)).collect()
    }

    fn are_all_written(&self) -> bool {
        !self.held.is_empty() && self.held.iter().all(|held| held.is_written)
    }

    /// Requests turns, and waits for them unless another instance could be waiting for this one.
    async fn request(&mut self, keys: &[&str]) {
        let now = Instant::now();
        let Self { shared, instance, held, since_load, .. } = self;
        let requested = shared.with_table(|table| {
            held.retain(|held| table.has_turn(*instance, &held.key));
            let may_wait = held.is_empty() && !since_load.has_written;
            table.request(*instance, keys, may_wait, now)
        });
        let granted = match requested {
            Requested::Granted(keys) => keys,
            Requested::Queued(keys, granted) => {
                let wait = Wait::new(Arc::clone(&self.shared), self.instance, keys, granted);
                let granted = wait.turns(self.wait_left, self.options.max_hold).await;
                self.wait_left = self.wait_left.saturating_sub(now.elapsed());
                granted
            }
        };
        self.held.extend(granted.into_iter().map(|key| Held { key, is_written: false }));
    }

    fn end_if_written(&mut self) {
        if self.are_all_written() {
            self.end_turns();
        }
    }

    fn end_turns(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let keys: Vec<Key> = self.held.drain(..).map(|held| held.key).collect();
        self.shared.with_table(|table| table.end(self.instance, &keys, Instant::now()));
    }
}

impl Drop for InstanceTurns {
    fn drop(&mut self) {
        self.end_turns();
    }
}

impl SinceLoad {
    /// Adds a load of `keys` keys. The first load after a write begins another transaction.
    fn load(&mut self, keys: usize) {
        if self.has_tried_to_write {
            *self = Self::default();
        }
        self.loaded += keys;
    }
}

impl Sent {
    fn of(write: &Write) -> Self {
        let is_put = matches!(write.change, Change::Put { .. });
        Self {
            key: write.key.clone(),
            changes: is_put || write.change == Change::Delete,
            can_lose: is_put && write.expects != Expectation::Anything,
        }
    }
}

fn as_strs(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}
