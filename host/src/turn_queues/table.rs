//! The hot keys, with their turns and queues. The callers pass the time, so that tests control it.
//!
//! An instance that waits for several keys is in all their queues from the beginning, and gets all turns at once when
//! it is the first in each queue. All queues are in the order in which the waits began. So the oldest wait is the first
//! in all its queues and waits for no other wait: there can be no deadlock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::statistics::TurnStatistics;

/// The largest number of hot keys.
const MAX_HOT_KEYS: usize = 4096;

/// The largest number of instances that wait for one key.
const MAX_WAITING: usize = 1024;

/// How long a key stays hot after the last lost race or wait.
const QUIET: Duration = Duration::from_secs(1);

/// Identifies an instance.
pub(super) type InstanceId = u64;

/// A key of the store.
pub(super) type Key = Arc<str>;

/// The hot keys.
#[derive(Debug, Default)]
pub(crate) struct Table {
    hot_keys: HashMap<Key, HotKey>,
    waiting: HashMap<InstanceId, Waiting>,
    last_sweep: Option<Instant>,
    waits: u64,
    expired: u64,
    without_turn: u64,
}

/// The turn and the queue of one hot key.
#[derive(Debug)]
struct HotKey {
    turn: Option<Turn>,
    queue: VecDeque<InstanceId>,
    /// When the last race was lost, or the last wait began or ended.
    last_busy: Instant,
}

#[derive(Debug)]
struct Turn {
    instance: InstanceId,
    since: Instant,
}

#[derive(Debug)]
struct Waiting {
    keys: Vec<Key>,
    granted: oneshot::Sender<()>,
}

/// The result of a request for turns.
#[derive(Debug)]
pub(super) enum Requested {
    /// The instance has the turns at these keys now. They may be fewer than requested, or none.
    Granted(Vec<Key>),
    /// The instance is in the queues of these keys. It has all the turns when the channel sends.
    Queued(Vec<Key>, oneshot::Receiver<()>),
}

impl Table {
    /// The number of hot keys.
    pub(super) fn len(&self) -> usize {
        self.hot_keys.len()
    }

    pub(super) fn statistics(&self) -> TurnStatistics {
        let Self { waits, expired, without_turn, .. } = *self;
        TurnStatistics { hot_keys: self.len(), waits, expired, without_turn }
    }

    /// Marks a key as hot: a race for it was lost.
    pub(super) fn mark_hot(&mut self, key: &str, now: Instant) {
        self.sweep(now);
        if let Some(hot) = self.hot_keys.get_mut(key) {
            hot.last_busy = now;
        } else if self.len() < MAX_HOT_KEYS {
            self.hot_keys.insert(key.into(), HotKey { turn: None, queue: VecDeque::new(), last_busy: now });
        }
    }

    /// Requests the turns at those `keys` that are hot. An instance that may not wait gets only the free ones.
    pub(super) fn request(
        &mut self,
        instance: InstanceId,
        keys: &[&str],
        may_wait: bool,
        now: Instant,
    ) -> Requested {
        self.sweep(now);
        let mut wanted: Vec<Key> = keys.iter().filter_map(|key| self.wanted(instance, key)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let is_free = |key: &Key| self.hot_keys.get(key).is_some_and(HotKey::is_free);
        if wanted.iter().all(is_free) || !may_wait {
            wanted.retain(is_free);
            self.grant(instance, &wanted, now);
            return Requested::Granted(wanted);
        }
        if wanted.iter().any(|key| self.hot_keys.get(key).is_some_and(HotKey::is_full)) {
            self.without_turn += 1;
            return Requested::Granted(Vec::new());
        }
        self.enqueue(instance, wanted, now)
    }

    /// The key, if it is hot and the instance does not have its turn.
    fn wanted(&self, instance: InstanceId, key: &str) -> Option<Key> {
        let (key, hot) = self.hot_keys.get_key_value(key)?;
        (!hot.has_turn(instance)).then(|| Arc::clone(key))
    }

    fn enqueue(&mut self, instance: InstanceId, keys: Vec<Key>, now: Instant) -> Requested {
        self.waits += 1;
        for key in &keys {
            if let Some(hot) = self.hot_keys.get_mut(key) {
                hot.queue.push_back(instance);
                hot.last_busy = now;
            }
        }
        let (granted, receiver) = oneshot::channel();
        self.waiting.insert(instance, Waiting { keys: keys.clone(), granted });
        Requested::Queued(keys, receiver)
    }

    /// Whether the instance has the turn at `key`.
    pub(super) fn has_turn(&self, instance: InstanceId, key: &str) -> bool {
        self.hot_keys.get(key).is_some_and(|hot| hot.has_turn(instance))
    }

    /// Ends turns of an instance. Keys whose turn it does not have any more are ignored.
    pub(super) fn end(&mut self, instance: InstanceId, keys: &[Key], now: Instant) {
        for key in keys {
            if let Some(hot) = self.hot_keys.get_mut(key)
                && hot.has_turn(instance)
            {
                hot.turn = None;
                self.grant_next(key, now);
            }
        }
    }

    /// Removes an instance from the queues. If its turns were granted already, ends them.
    pub(super) fn cancel(&mut self, instance: InstanceId, keys: &[Key], now: Instant) {
        if self.waiting.remove(&instance).is_none() {
            return self.end(instance, keys, now);
        }
        for key in keys {
            if let Some(hot) = self.hot_keys.get_mut(key) {
                hot.queue.retain(|queued| *queued != instance);
            }
        }
        for key in keys {
            self.grant_next(key, now);
        }
    }

    /// Cancels a wait that lasted too long, and returns false. If the turns were granted just now, the instance keeps
    /// them, and the result is true.
    pub(super) fn give_up(&mut self, instance: InstanceId, keys: &[Key], now: Instant) -> bool {
        if !self.waiting.contains_key(&instance) {
            return true;
        }
        self.without_turn += 1;
        self.cancel(instance, keys, now);
        false
    }

    /// Ends the turns at `keys` that have lasted for `max_hold`, if other instances wait for them. Returns when to call
    /// it again: if each waiting instance does so, no turn that is waited for lasts longer than `max_hold`.
    pub(super) fn expire(&mut self, keys: &[Key], max_hold: Duration, now: Instant) -> Instant {
        let mut next = now + max_hold;
        for key in keys {
            let Some(hot) = self.hot_keys.get_mut(key) else { continue };
            let Some(turn) = &hot.turn else { continue };
            let end = turn.since + max_hold;
            if end > now {
                next = next.min(end);
            } else if !hot.queue.is_empty() {
                hot.turn = None;
                self.expired += 1;
                self.grant_next(key, now);
            }
        }
        next
    }

    /// Grants its turns to the first instance in the queue of `key`, if it is the first in all its queues.
    fn grant_next(&mut self, key: &str, now: Instant) {
        let first = self.hot_keys.get(key).and_then(|hot| hot.queue.front()).copied();
        let Some(instance) = first else { return };
        let is_next = |key: &Key| self.hot_keys.get(key).is_some_and(|hot| hot.is_next(instance));
        if !self.waiting.get(&instance).is_some_and(|waiting| waiting.keys.iter().all(is_next)) {
            return;
        }
        let Some(Waiting { keys, granted }) = self.waiting.remove(&instance) else { return };
        for key in &keys {
            if let Some(hot) = self.hot_keys.get_mut(key) {
                hot.queue.pop_front();
                hot.last_busy = now;
            }
        }
        self.grant(instance, &keys, now);
        // Fails when the wait was dropped just now; `cancel` ends the turns then.
        let _ = granted.send(());
    }

    fn grant(&mut self, instance: InstanceId, keys: &[Key], now: Instant) {
        for key in keys {
            if let Some(hot) = self.hot_keys.get_mut(key) {
                hot.turn = Some(Turn { instance, since: now });
            }
        }
    }

    /// Removes the keys that are no longer hot. At most once in [`QUIET`], so that it costs little for each call.
    fn sweep(&mut self, now: Instant) {
        if self.last_sweep.is_some_and(|last| now.saturating_duration_since(last) < QUIET) {
            return;
        }
        self.last_sweep = Some(now);
        self.hot_keys.retain(|_, hot| !hot.has_cooled_down(now));
    }
}

impl HotKey {
    fn is_free(&self) -> bool {
        self.turn.is_none() && self.queue.is_empty()
    }

    fn is_full(&self) -> bool {
        self.queue.len() >= MAX_WAITING
    }

    fn has_turn(&self, instance: InstanceId) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.instance == instance)
    }

    fn is_next(&self, instance: InstanceId) -> bool {
        self.turn.is_none() && self.queue.front() == Some(&instance)
    }

    /// Whether the key has been quiet long enough. A turn that no instance waits for does not keep it hot.
    fn has_cooled_down(&self, now: Instant) -> bool {
        let is_quiet = |since: Instant| now.saturating_duration_since(since) >= QUIET;
        self.queue.is_empty()
            && is_quiet(self.last_busy)
            && self.turn.as_ref().is_none_or(|turn| is_quiet(turn.since))
    }
}

#[cfg(test)]
mod tests;
