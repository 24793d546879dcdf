//! Waiting for turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::shared::Shared;
use super::table::{InstanceId, Key};

/// A wait for the turns at some keys.
pub(super) struct Wait {
    queued: Queued,
    granted: oneshot::Receiver<()>,
}

impl Wait {
    /// A wait of an instance that is in the queues of `keys`.
    pub(super) fn new(
        shared: Arc<Shared>,
        instance: InstanceId,
        keys: Vec<Key>,
        granted: oneshot::Receiver<()>,
    ) -> Self {
        Self { queued: Queued { shared, instance, keys, is_over: false }, granted }
    }

    /// Waits for the turns, for at most `max_wait`, and meanwhile ends turns that last longer than `max_hold`. Returns
    /// the keys whose turns were granted: all of them, or none.
    pub(super) async fn turns(mut self, max_wait: Duration, max_hold: Duration) -> Vec<Key> {
        let end = Instant::now() + max_wait;
        loop {
            let now = Instant::now();
            let next = self.queued.expire(max_hold, now).min(end);
            if let Ok(_granted) = timeout_at(next.into(), &mut self.granted).await {
                return self.queued.keep();
            }
            if Instant::now() >= end {
                return self.queued.give_up();
            }
        }
    }
}

/// An instance in the queues of some keys. Dropping it before the wait is over cancels the wait.
struct Queued {
    shared: Arc<Shared>,
    instance: InstanceId,
    keys: Vec<Key>,
    is_over: bool,
}

impl Queued {
    fn expire(&self, max_hold: Duration, now: Instant) -> Instant {
        self.shared.with_table(|table| table.expire(&self.keys, max_hold, now))
    }

    /// Ends the wait after the turns were granted.
    fn keep(mut self) -> Vec<Key> {
        self.is_over = true;
        std::mem::take(&mut self.keys)
    }

    /// Leaves the queues, unless the turns were granted just now.
    fn give_up(mut self) -> Vec<Key> {
        self.is_over = true;
        let is_granted =
            self.shared.with_table(|table| table.give_up(self.instance, &self.keys, Instant::now()));
        if is_granted { std::mem::take(&mut self.keys) } else { Vec::new() }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.with_table(|table| table.cancel(self.instance, &self.keys, Instant::now()));
        }
    }
}
