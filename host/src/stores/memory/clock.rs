//! The clocks that lifetimes in memory are measured with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Tells how much time has passed. Only differences mean anything.
pub trait Clock: Send + Sync + 'static {
    /// The time since some fixed moment, at least to the millisecond. It never goes back.
    fn now(&self) -> Duration;
}

/// The machine's monotonic clock, from the moment this was made.
pub(super) struct SystemClock(Instant);

impl SystemClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that stands still until it is moved, for tests. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
///
/// use lovely_session_host::{ManualClock, Memory};
///
/// let clock = ManualClock::new();
/// let store = Memory::with_clock(clock.clone());
/// clock.advance(Duration::from_secs(3600));
/// # drop(store);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    milliseconds: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward, in whole milliseconds; a rest below one is dropped.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.milliseconds.load(Ordering::SeqCst))
    }
}
