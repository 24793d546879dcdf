//! How long work is retried, and the pauses before retries.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use lovely_session_pauses::pause_after;

/// A clock that can wait, and random numbers.
pub(crate) trait Timer {
    /// The time since a fixed point.
    fn now(&self) -> Duration;

    /// A random `u64`. It need not be unpredictable.
    fn random(&mut self) -> u64;

    /// Waits.
    fn pause(&mut self, time: Duration);
}

/// The clock and the randomness of the standard library, which on `wasm32-wasip2` are those of WASI.
pub(crate) struct SystemTimer {
    started: Instant,
}

impl SystemTimer {
    /// Starts now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Timer for SystemTimer {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn random(&mut self) -> u64 {
        RandomState::new().hash_one(())
    }

    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

/// The time within which lost races are retried.
pub(crate) struct Patience<W> {
    timer: W,
    /// No run begins at this time or later.
    end: Duration,
    lost: u32,
}

impl<W: Timer> Patience<W> {
    /// Begins now, and lasts for `patience`.
    pub fn begin(timer: W, patience: Duration) -> Self {
        let end = timer.now().saturating_add(patience);
        Self { timer, end, lost: 0 }
    }

    /// Call it after a lost race. Pauses before the next run and returns `true`, or returns `false` at once
    /// when that run would begin too late.
    pub fn wait_for_retry(&mut self) -> bool {
        self.lost = self.lost.saturating_add(1);
        let pause = pause_after(self.lost, || self.timer.random());
        if self.timer.now().saturating_add(pause) >= self.end {
            return false;
        }
        if !pause.is_zero() {
            self.timer.pause(pause);
        }
        true
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A timer whose time passes only by pauses, all of maximum length, and by what a test adds.
    #[derive(Default)]
    pub(crate) struct TestTimer(RefCell<Vec<Duration>>);

    impl TestTimer {
        /// The pauses so far.
        pub(crate) fn pauses(&self) -> Vec<Duration> {
            self.0.borrow().clone()
        }

        fn pass(&self, time: Duration) {
            self.0.borrow_mut().push(time);
        }
    }

    impl Timer for &TestTimer {
        fn now(&self) -> Duration {
            self.0.borrow().iter().sum()
        }

        fn random(&mut self) -> u64 {
            u64::MAX
        }

        fn pause(&mut self, time: Duration) {
            self.pass(time);
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_second_run_is_at_once_and_each_further_one_after_a_longer_pause() {
        let timer = TestTimer::default();
        let mut patience = Patience::begin(&timer, SECOND);
        assert!(patience.wait_for_retry());
        assert_eq!(timer.pauses(), []);
        for _ in 0..5 {
            assert!(patience.wait_for_retry());
        }
        let pauses = timer.pauses();
        assert_eq!(pauses.len(), 5);
        assert!(pauses.is_sorted_by(|one, next| one < next), "{pauses:?}");
    }

    #[test]
    fn no_pause_ends_after_the_patience_and_none_is_left_out_before() {
        let timer = TestTimer::default();
        let mut patience = Patience::begin(&timer, SECOND);
        let mut lost = 1;
        while patience.wait_for_retry() {
            lost += 1;
        }
        assert!((&timer).now() < SECOND, "{:?}", timer.pauses());
        assert!((&timer).now() + pause_after(lost, || u64::MAX) >= SECOND, "{:?}", timer.pauses());
    }

    #[test]
    fn no_run_begins_when_the_runs_before_took_all_the_time() {
        let timer = TestTimer::default();
        let mut patience = Patience::begin(&timer, SECOND);
        timer.pass(SECOND - Duration::from_nanos(1));
        assert!(patience.wait_for_retry());
        timer.pass(Duration::from_nanos(1));
        assert!(!patience.wait_for_retry());
    }

    #[test]
    fn without_patience_there_is_one_run() {
        assert!(!Patience::begin(&TestTimer::default(), Duration::ZERO).wait_for_retry());
    }

    #[test]
    fn patience_may_be_longer_than_any_clock_runs() {
        let timer = TestTimer::default();
        timer.pass(SECOND);
        assert!(Patience::begin(&timer, Duration::MAX).wait_for_retry());
    }
}
