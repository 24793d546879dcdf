//! Watches a server: limits how many calls wait for it and for how long, and logs when it goes away and comes back.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use lovely_session_memcached::Failure;
use tokio::time::{Instant, timeout_at};

use super::counters::Counters;
use super::failure_log::FailureLog;
use super::health::{Change, Crowded, Health};
use super::options::MemcachedOptions;
use super::status::ServerStatus;

/// The state of a server that its calls and its connections share.
#[derive(Debug)]
pub(super) struct Watch {
    health: Mutex<Health>,
    log: FailureLog,
    counters: Counters,
}

impl Watch {
    /// A watch over the server of this name.
    pub(super) fn over(server: &str, options: &MemcachedOptions) -> Self {
        Self {
            health: Mutex::new(Health::new(options.waiting_calls, options.io_timeout)),
            log: FailureLog::of(server),
            counters: Counters::default(),
        }
    }

    /// The state of the server of this name, to which this many connections are open.
    pub(super) fn status(&self, server: &str, connections: usize) -> ServerStatus {
        let now = Instant::now();
        let (state, since) = self.health().state(now);
        let now_in_system_time = SystemTime::now();
        let since = now_in_system_time.checked_sub(now - since).unwrap_or(now_in_system_time);
        let (bytes_sent, bytes_received) = self.counters.bytes();
        ServerStatus {
            name: server.to_owned(),
            state,
            since,
            connections,
            round_trips: self.counters.round_trips(),
            failures: self.counters.failures(),
            bytes_sent,
            bytes_received,
            latest_failure: self.counters.latest_failure(),
        }
    }

    /// The counters of the server.
    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The log of the server's failures.
    pub(super) fn log(&self) -> &FailureLog {
        &self.log
    }

    /// A slot to wait for the server, for a whole call.
    ///
    /// # Errors
    ///
    /// [`Failure::Crowded`] when the server is silent and all slots are taken.
    pub(super) fn enter(&self) -> Result<Slot<'_>, Failure> {
        self.health().enter(Instant::now()).map_err(crowded)?;
        Ok(Slot { watch: self, is_left: AtomicBool::new(false) })
    }

    /// Records that bytes came from the server.
    pub(super) fn heard(&self) {
        let change = self.health().hear(Instant::now());
        self.log_change(change);
    }

    /// Records that a connection could not be made that was begun at this moment; because of a timeout, or of an error.
    pub(super) fn not_connected(&self, timed_out: bool, begun: Instant) {
        let change = self.health().fail_to_connect(begun, timed_out, Instant::now());
        self.log_change(change);
    }

    fn missed_deadline(&self) {
        let change = self.health().miss_deadline(Instant::now());
        self.log_change(change);
    }

    fn log_change(&self, change: Option<Change>) {
        if let Some(change) = change {
            self.log.changed(change);
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of a call that waits for a server.
pub(super) struct Slot<'a> {
    watch: &'a Watch,
    is_left: AtomicBool,
}

impl Slot<'_> {
    /// Waits until this is done, or until the deadline if there is one. If the call `may_leave`, it waits for a silent
    /// server only while there is a slot for it.
    ///
    /// # Errors
    ///
    /// [`Failure::TimedOut`] at the deadline, and [`Failure::Crowded`] when there is no slot.
    pub(super) async fn wait<T>(
        &self,
        done: impl Future<Output = T>,
        deadline: Option<Instant>,
        may_leave: bool,
    ) -> Result<T, Failure> {
        let mut done = pin!(done);
        loop {
            let check = self.watch.health().next_check(Instant::now());
            let wake = deadline.map_or(check, |deadline| deadline.min(check));
            if let Ok(done) = timeout_at(wake, &mut done).await {
                return Ok(done);
            }
            if may_leave {
                self.leave_if_crowded().map_err(crowded)?;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.watch.missed_deadline();
                return Err(Failure::TimedOut);
            }
        }
    }

    fn leave_if_crowded(&self) -> Result<(), Crowded> {
        let left = self.watch.health().leave_if_crowded(Instant::now());
        if left.is_err() {
            self.is_left.store(true, Ordering::Relaxed);
        }
        left
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.is_left.load(Ordering::Relaxed) {
            self.watch.health().leave();
        }
    }
}

fn crowded(Crowded(waiting): Crowded) -> Failure {
    Failure::Crowded(waiting)
}
