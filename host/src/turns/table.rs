//! Which keys are hot, whose turn it is, and who waits. It knows no clock: each call says what time it is.
//!
//! Who waits for several keys is in the queues of all of them from the beginning, and gets all turns at once when it
//! is the first in each queue. All queues are in the order in which the waits began. So the wait that began first
//! is the first in all its queues and waits for no other wait: there is no circle.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::TurnStatistics;

/// How many keys can be hot.
const MAX_HOT_KEYS: usize = 4096;

/// How many can wait for one key.
const MAX_WAITING: usize = 1024;

/// For how long a key stays hot when nobody loses a race for it and nobody waits.
const QUIET: Duration = Duration::from_secs(1);

/// The name of an instance.
pub(super) type Member = u64;

/// A hot key.
pub(super) type Key = Arc<str>;

/// The hot keys.
#[derive(Debug, Default)]
pub(super) struct Table {
    spots: HashMap<Key, Spot>,
    waiting: HashMap<Member, Waiting>,
    swept: Option<Instant>,
    waits: u64,
    overtaken: u64,
    without_turn: u64,
}

/// What goes on at one hot key.
#[derive(Debug)]
struct Spot {
    turn: Option<Turn>,
    queue: VecDeque<Member>,
    /// When somebody last lost a race or waited.
    busy: Instant,
}

#[derive(Debug)]
struct Turn {
    member: Member,
    since: Instant,
}

#[derive(Debug)]
struct Waiting {
    keys: Vec<Key>,
    granted: oneshot::Sender<()>,
}

/// What comes of asking for turns.
#[derive(Debug)]
pub(super) enum Asked {
    /// These are the member's now. They may be fewer than it asked for, or none.
    Granted(Vec<Key>),
    /// These will be the member's when the channel says so, or closes.
    Wait(Vec<Key>, oneshot::Receiver<()>),
}

impl Table {
    /// How many keys are hot.
    pub(super) fn len(&self) -> usize {
        self.spots.len()
    }

    pub(super) fn statistics(&self) -> TurnStatistics {
        let Self { waits, overtaken, without_turn, .. } = *self;
        TurnStatistics { hot_keys: self.len(), waits, overtaken, without_turn }
    }

    /// Takes in that a race for `key` was lost.
    pub(super) fn heat(&mut self, key: &str, now: Instant) {
        self.sweep(now);
        if let Some(spot) = self.spots.get_mut(key) {
            spot.busy = now;
        } else if self.len() < MAX_HOT_KEYS {
            self.spots.insert(key.into(), Spot { turn: None, queue: VecDeque::new(), busy: now });
        }
    }

    /// Asks for the turns of those `keys` that are hot. One that may not wait gets those that are free.
    pub(super) fn ask(&mut self, member: Member, keys: &[&str], may_wait: bool, now: Instant) -> Asked {
        self.sweep(now);
        let mut wanted: Vec<Key> = keys.iter().filter_map(|key| self.wanted(member, key)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let is_free = |key: &Key| self.spots.get(key).is_some_and(Spot::is_free);
        if wanted.iter().all(is_free) || !may_wait {
            wanted.retain(is_free);
            self.grant(member, &wanted, now);
            return Asked::Granted(wanted);
        }
        if wanted.iter().any(|key| self.spots.get(key).is_some_and(Spot::is_full)) {
            self.without_turn += 1;
            return Asked::Granted(Vec::new());
        }
        self.enqueue(member, wanted, now)
    }

    /// The key, if it is hot and its turn is not the member's.
    fn wanted(&self, member: Member, key: &str) -> Option<Key> {
        let (key, spot) = self.spots.get_key_value(key)?;
        (!spot.is_turn_of(member)).then(|| Arc::clone(key))
    }

    fn enqueue(&mut self, member: Member, keys: Vec<Key>, now: Instant) -> Asked {
        self.waits += 1;
        for key in &keys {
            if let Some(spot) = self.spots.get_mut(key) {
                spot.queue.push_back(member);
                spot.busy = now;
            }
        }
        let (granted, receiver) = oneshot::channel();
        self.waiting.insert(member, Waiting { keys: keys.clone(), granted });
        Asked::Wait(keys, receiver)
    }

    /// Whether it is the member's turn at `key`.
    pub(super) fn is_turn_of(&self, member: Member, key: &str) -> bool {
        self.spots.get(key).is_some_and(|spot| spot.is_turn_of(member))
    }

    /// Ends turns of a member; those that it no longer has are the same.
    pub(super) fn end(&mut self, member: Member, keys: &[Key], now: Instant) {
        for key in keys {
            if let Some(spot) = self.spots.get_mut(key)
                && spot.is_turn_of(member)
            {
                spot.turn = None;
                self.grant_next(key, now);
            }
        }
    }

    /// Ends a wait, and the turns that it has led to.
    pub(super) fn leave(&mut self, member: Member, keys: &[Key], now: Instant) {
        if self.waiting.remove(&member).is_none() {
            return self.end(member, keys, now);
        }
        for key in keys {
            if let Some(spot) = self.spots.get_mut(key) {
                spot.queue.retain(|waits| *waits != member);
            }
        }
        for key in keys {
            self.grant_next(key, now);
        }
    }

    /// Ends a wait that lasted too long, unless the turns have just been granted: then it returns true.
    pub(super) fn give_up(&mut self, member: Member, keys: &[Key], now: Instant) -> bool {
        if !self.waiting.contains_key(&member) {
            return true;
        }
        self.without_turn += 1;
        self.leave(member, keys, now);
        false
    }

    /// Ends the turns at `keys` that have lasted for `hold`, on behalf of one who waits for them. Returns when to
    /// look again: if all who wait do so, no turn that somebody waits for lasts longer than `hold`.
    pub(super) fn overtake(&mut self, keys: &[Key], hold: Duration, now: Instant) -> Instant {
        let mut next = now + hold;
        for key in keys {
            let Some(spot) = self.spots.get_mut(key) else { continue };
            let Some(turn) = &spot.turn else { continue };
            let end = turn.since + hold;
            if end > now {
                next = next.min(end);
            } else if !spot.queue.is_empty() {
                spot.turn = None;
                self.overtaken += 1;
                self.grant_next(key, now);
            }
        }
        next
    }

    /// Gives the turn at `key` to the first who waits for it, if it is the first wherever it waits.
    fn grant_next(&mut self, key: &str, now: Instant) {
        let first = self.spots.get(key).and_then(|spot| spot.queue.front()).copied();
        let Some(member) = first else { return };
        let is_next = |key: &Key| self.spots.get(key).is_some_and(|spot| spot.is_next(member));
        if !self.waiting.get(&member).is_some_and(|waiting| waiting.keys.iter().all(is_next)) {
            return;
        }
        let Some(Waiting { keys, granted }) = self.waiting.remove(&member) else { return };
        for key in &keys {
            if let Some(spot) = self.spots.get_mut(key) {
                spot.queue.pop_front();
                spot.busy = now;
            }
        }
        self.grant(member, &keys, now);
        // One that has just left ends its turns in a moment.
        let _ = granted.send(());
    }

    fn grant(&mut self, member: Member, keys: &[Key], now: Instant) {
        for key in keys {
            if let Some(spot) = self.spots.get_mut(key) {
                spot.turn = Some(Turn { member, since: now });
            }
        }
    }

    /// Forgets the keys that have cooled down; now and then, so that it costs little for each call.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < QUIET) {
            return;
        }
        self.swept = Some(now);
        self.spots.retain(|_, spot| !spot.has_cooled_down(now));
    }
}

impl Spot {
    fn is_free(&self) -> bool {
        self.turn.is_none() && self.queue.is_empty()
    }

    fn is_full(&self) -> bool {
        self.queue.len() >= MAX_WAITING
    }

    fn is_turn_of(&self, member: Member) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.member == member)
    }

    fn is_next(&self, member: Member) -> bool {
        self.turn.is_none() && self.queue.front() == Some(&member)
    }

    /// Whether nothing has happened here for long. A turn that nobody waits for keeps nothing warm.
    fn has_cooled_down(&self, now: Instant) -> bool {
        let is_quiet = |since: Instant| now.saturating_duration_since(since) >= QUIET;
        self.queue.is_empty()
            && is_quiet(self.busy)
            && self.turn.as_ref().is_none_or(|turn| is_quiet(turn.since))
    }
}

#[cfg(test)]
mod tests;
