//! The clocks for lifetimes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A clock for lifetimes.
pub trait Clock: Send + Sync + 'static {
    /// The time since a fixed moment, at least to the millisecond. It must never go back.
    fn now(&self) -> Duration;
}

/// The machine's monotonic clock, from the moment that this was made.
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

/// A clock for tests, which only [`advance`](Self::advance) moves. Clones are the same clock.
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

    /// Moves the clock forward by whole milliseconds; the rest is dropped.
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
