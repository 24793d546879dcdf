//! How long a visitor waits: when work runs again, and when it is given up.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use lovely_session_pauses::pause_after;

/// What waiting takes of the world.
pub(crate) trait Waiting {
    /// The time since some moment, always the same one.
    fn now(&self) -> Duration;

    /// A number from all of `u64`. It need not be a secret: who guesses a pause gains nothing by it.
    fn random(&mut self) -> u64;

    /// Lets time pass.
    fn pause(&mut self, time: Duration);
}

/// The clock and the randomness of the process, or of the component's host.
pub(crate) struct System {
    begun: Instant,
}

impl System {
    pub fn new() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Waiting for System {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn random(&mut self) -> u64 {
        RandomState::new().hash_one(())
    }

    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

/// Work that runs until it wins a race, or the patience is over.
pub(crate) struct Patience<W> {
    world: W,
    /// No run begins from this time on.
    end: Duration,
    lost: u32,
}

impl<W: Waiting> Patience<W> {
    /// Begins to wait, for `patience` at most.
    pub fn begin(world: W, patience: Duration) -> Self {
        let end = world.now().saturating_add(patience);
        Self { world, end, lost: 0 }
    }

    /// Takes in that a run has lost a race, and pauses if another one may begin after that. Returns whether it may.
    pub fn allows_another_run(&mut self) -> bool {
        self.lost = self.lost.saturating_add(1);
        let pause = pause_after(self.lost, || self.world.random());
        if self.world.now().saturating_add(pause) >= self.end {
            return false;
        }
        if !pause.is_zero() {
            self.world.pause(pause);
        }
        true
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A world in which time passes only by pauses, each of them as long as it may be, and by what a test adds to them.
    #[derive(Default)]
    pub(crate) struct TestWorld(RefCell<Vec<Duration>>);

    impl TestWorld {
        /// The pauses so far.
        pub(crate) fn pauses(&self) -> Vec<Duration> {
            self.0.borrow().clone()
        }

        fn pass(&self, time: Duration) {
            self.0.borrow_mut().push(time);
        }
    }

    impl Waiting for &TestWorld {
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
        let world = TestWorld::default();
        let mut patience = Patience::begin(&world, SECOND);
        assert!(patience.allows_another_run());
        assert_eq!(world.pauses(), []);
        for _ in 0..5 {
            assert!(patience.allows_another_run());
        }
        let pauses = world.pauses();
        assert_eq!(pauses.len(), 5);
        assert!(pauses.is_sorted_by(|one, next| one < next), "{pauses:?}");
    }

    #[test]
    fn no_pause_ends_after_the_patience_and_none_is_left_out_before() {
        let world = TestWorld::default();
        let mut patience = Patience::begin(&world, SECOND);
        let mut lost = 1;
        while patience.allows_another_run() {
            lost += 1;
        }
        assert!((&world).now() < SECOND, "{:?}", world.pauses());
        assert!((&world).now() + pause_after(lost, || u64::MAX) >= SECOND, "{:?}", world.pauses());
    }

    #[test]
    fn no_run_begins_when_the_runs_before_took_all_the_time() {
        let world = TestWorld::default();
        let mut patience = Patience::begin(&world, SECOND);
        world.pass(SECOND - Duration::from_nanos(1));
        assert!(patience.allows_another_run());
        world.pass(Duration::from_nanos(1));
        assert!(!patience.allows_another_run());
    }

    #[test]
    fn without_patience_there_is_one_run() {
        assert!(!Patience::begin(&TestWorld::default(), Duration::ZERO).allows_another_run());
    }

    #[test]
    fn patience_may_be_longer_than_any_clock_runs() {
        let world = TestWorld::default();
        world.pass(SECOND);
        assert!(Patience::begin(&world, Duration::MAX).allows_another_run());
    }
}
