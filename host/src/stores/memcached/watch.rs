//! Watches a server: lets calls wait for it as long as that makes sense, and tells the log when it goes away and comes
//! back.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, timeout_at};

use super::MemcachedOptions;
use super::connect::ConnectError;
use super::failure::Failure;
use super::failure_log::FailureLog;
use super::health::{Change, Crowded, Health};

/// What those share who ask a server, and those who hear from it.
#[derive(Debug)]
pub(super) struct Watch {
    health: Mutex<Health>,
    log: FailureLog,
}

impl Watch {
    /// Watches the server of this name.
    pub(super) fn over(server: &str, options: &MemcachedOptions) -> Self {
        Self {
            health: Mutex::new(Health::new(options.waiting_calls, options.io_timeout)),
            log: FailureLog::of(server),
        }
    }

    /// Where the failures of calls are told.
    pub(super) fn log(&self) -> &FailureLog {
        &self.log
    }

    /// A place to wait for the server, for a whole call.
    ///
    /// # Errors
    ///
    /// When it is silent, and enough others wait.
    pub(super) fn enter(&self) -> Result<Place<'_>, Failure> {
        let entered = self.health().enter(Instant::now());
        entered.map_err(Failure::from)?;
        Ok(Place { watch: self, is_left: AtomicBool::new(false) })
    }

    /// Something came from the server.
    pub(super) fn heard(&self) {
        let change = self.health().hear(Instant::now());
        self.tell(change);
    }

    /// A connection could not be made that was begun at this moment.
    pub(super) fn not_connected(&self, error: &ConnectError, begun: Instant) {
        let timed_out = matches!(error, ConnectError::TimedOut { .. });
        let change = self.health().fail_to_connect(begun, timed_out);
        self.tell(change);
    }

    fn missed_deadline(&self) {
        let change = self.health().miss_deadline(Instant::now());
        self.tell(change);
    }

    fn tell(&self, change: Option<Change>) {
        if let Some(change) = change {
            self.log.changed(change);
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call that waits for a server.
pub(super) struct Place<'a> {
    watch: &'a Watch,
    is_left: AtomicBool,
}

impl Place<'_> {
    /// Waits until this is done, or until the deadline if there is one; and if the call `may_leave`, no longer than
    /// there is room for it before a silent server.
    ///
    /// # Errors
    ///
    /// [`Failure::TimedOut`] at the deadline, and [`Failure::Crowded`] for want of room.
    pub(super) async fn wait<T>(
        &self,
        done: impl Future<Output = T>,
        deadline: Option<Instant>,
        may_leave: bool,
    ) -> Result<T, Failure> {
        let mut done = pin!(done);
        loop {
            let look = self.watch.health().next_look(Instant::now());
            let wake = deadline.map_or(look, |deadline| deadline.min(look));
            if let Ok(done) = timeout_at(wake, &mut done).await {
                return Ok(done);
            }
            if may_leave {
                self.leave_if_crowded()?;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.watch.missed_deadline();
                return Err(Failure::TimedOut);
            }
        }
    }

    fn leave_if_crowded(&self) -> Result<(), Crowded> {
        let looked = self.watch.health().leave_if_crowded(Instant::now());
        if looked.is_err() {
            self.is_left.store(true, Ordering::Relaxed);
        }
        looked
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_left.load(Ordering::Relaxed) {
            self.watch.health().leave();
        }
    }
}
