//! The turns of one instance: which it has, what it waits for, and when they end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_key_value::{Change, Expectation, Outcome, Write};

use super::table::{Asked, Key, Member};
use super::wait::Wait;
use super::{Shared, TurnsOptions};

/// The turns of one instance. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct InstanceTurns {
    shared: Arc<Shared>,
    options: TurnsOptions,
    member: Member,
    /// How much longer it may wait until it has written something.
    patience: Duration,
    held: Vec<Held>,
    /// The keys on which its latest write lost a race.
    lost: Vec<String>,
    since_load: SinceLoad,
}

/// A key whose turn it has, or had until it was overtaken.
#[derive(Debug)]
struct Held {
    key: Key,
    is_written: bool,
}

/// What an instance has done since it last loaded.
#[derive(Debug, Default)]
struct SinceLoad {
    /// How many keys it loaded before its first write.
    loaded: usize,
    has_tried_to_write: bool,
    has_written: bool,
}

/// A write that is on its way to the store.
pub(crate) struct Sent {
    key: String,
    /// Whether it changes the entry, and is not a mere touch.
    changes: bool,
    /// Whether it is a put that can lose a race.
    can_lose: bool,
}

impl InstanceTurns {
    pub(super) fn new(shared: Arc<Shared>, options: TurnsOptions) -> Self {
        let (member, patience) = (shared.next_member(), options.patience);
        let (held, lost, since_load) = (Vec::new(), Vec::new(), SinceLoad::default());
        Self { shared, options, member, patience, held, lost, since_load }
    }

    /// Waits for its turn at these keys before it reads them, if it has to; `loads` tells whether the read slides
    /// lifetimes.
    pub(crate) async fn before_read(&mut self, keys: &[String], loads: bool) {
        if loads {
            self.since_load.load(keys.len());
            self.end_if_written();
        }
        let lost = if self.lost.is_empty() { Vec::new() } else { self.take_lost(keys) };
        if self.shared.is_cold() {
            return;
        }
        if loads {
            self.ask(&as_strs(keys)).await;
        } else if !lost.is_empty() {
            self.ask(&as_strs(&lost)).await;
        }
    }

    /// Notes what a call is about to write.
    pub(crate) fn before_write(&self, writes: &[Write]) -> Vec<Sent> {
        writes.iter().map(Sent::of).collect()
    }

    /// Takes in what became of writes.
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
            // A commit over several records can write each of them before it decides, so those are kept longer.
            self.end_turns();
        }
    }

    /// Races are lost: what was written before will be written again.
    fn lose(&mut self, lost: Vec<String>) {
        let now = Instant::now();
        self.shared.with_table(|table| lost.iter().for_each(|key| table.heat(key, now)));
        self.held.iter_mut().for_each(|held| held.is_written = false);
        self.lost = lost;
    }

    fn applied(&mut self, key: &str) {
        self.since_load.has_written = true;
        self.patience = self.options.patience;
        self.lost.retain(|lost| lost != key);
        if let Some(held) = self.held.iter_mut().find(|held| *held.key == *key) {
            held.is_written = true;
        }
    }

    /// The keys of these on which its latest write lost a race. They are lost no longer: it sees what others wrote.
    fn take_lost(&mut self, keys: &[String]) -> Vec<String> {
        self.lost.extract_if(.., |lost| keys.contains(lost)).collect()
    }

    fn are_all_written(&self) -> bool {
        !self.held.is_empty() && self.held.iter().all(|held| held.is_written)
    }

    /// Asks for turns, and waits for them if nobody can wait for this instance meanwhile.
    async fn ask(&mut self, keys: &[&str]) {
        let now = Instant::now();
        let Self { shared, member, held, since_load, .. } = self;
        let asked = shared.with_table(|table| {
            held.retain(|held| table.is_turn_of(*member, &held.key));
            let may_wait = held.is_empty() && !since_load.has_written;
            table.ask(*member, keys, may_wait, now)
        });
        let granted = match asked {
            Asked::Granted(keys) => keys,
            Asked::Wait(keys, granted) => {
                let wait = Wait::new(Arc::clone(&self.shared), self.member, keys, granted);
                let granted = wait.turns(self.patience, self.options.hold).await;
                self.patience = self.patience.saturating_sub(now.elapsed());
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
        self.shared.with_table(|table| table.end(self.member, &keys, Instant::now()));
    }
}

impl Drop for InstanceTurns {
    fn drop(&mut self) {
        self.end_turns();
    }
}

impl SinceLoad {
    /// Takes in that so many keys are loaded. After a write another transaction begins.
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
