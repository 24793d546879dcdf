//! Waiting for turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::Shared;
use super::table::{Key, Member};

/// A wait for the turns of some keys.
pub(super) struct Wait {
    place: Place,
    granted: oneshot::Receiver<()>,
}

impl Wait {
    /// Watches over a wait that the table has begun.
    pub(super) fn new(
        shared: Arc<Shared>,
        member: Member,
        keys: Vec<Key>,
        granted: oneshot::Receiver<()>,
    ) -> Self {
        Self { place: Place { shared, member, keys, is_left: false }, granted }
    }

    /// Waits for the turns, no longer than `patience`. Turns that last longer than `hold` end meanwhile. Returns the
    /// keys whose turns it got: all of them, or none.
    pub(super) async fn turns(mut self, patience: Duration, hold: Duration) -> Vec<Key> {
        let end = Instant::now() + patience;
        loop {
            let now = Instant::now();
            let next = self.place.overtake(hold, now).min(end);
            if let Ok(_granted) = timeout_at(next.into(), &mut self.granted).await {
                return self.place.keep();
            }
            if Instant::now() >= end {
                return self.place.give_up();
            }
        }
    }
}

/// A place in the queues. Who drops it without a word has left, and takes no turn away from those behind.
struct Place {
    shared: Arc<Shared>,
    member: Member,
    keys: Vec<Key>,
    is_left: bool,
}

impl Place {
    fn overtake(&self, hold: Duration, now: Instant) -> Instant {
        self.shared.with_table(|table| table.overtake(&self.keys, hold, now))
    }

    /// The turns have come.
    fn keep(mut self) -> Vec<Key> {
        self.is_left = true;
        std::mem::take(&mut self.keys)
    }

    /// Leaves the queues, unless the turns have come at this moment.
    fn give_up(mut self) -> Vec<Key> {
        self.is_left = true;
        let has_come = self.shared.with_table(|table| table.give_up(self.member, &self.keys, Instant::now()));
        if has_come { std::mem::take(&mut self.keys) } else { Vec::new() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_left {
            self.shared.with_table(|table| table.leave(self.member, &self.keys, Instant::now()));
        }
    }
}
