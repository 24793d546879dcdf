//! The keys whose writes came too late (`stale`), so that the next read of them can be delayed.

use std::time::Duration;

use lovely_session_key_value::Outcome;
use lovely_session_pauses::pause_after;

/// The most keys that are remembered: as many as a transaction may write.
const MAX_KEYS: usize = 1000;

/// How long a lost race counts. It is longer than a pause and the next write take, also on a busy machine.
const MEMORY: Duration = Duration::from_secs(10);

/// The races that were lost in a row, sorted by key. A map would make the component a tenth larger.
#[derive(Default)]
pub struct LostRaces(Vec<Lost>);

struct Lost {
    key: String,
    in_a_row: u32,
    last: Duration,
    /// Whether the key was read since.
    is_read: bool,
}

impl LostRaces {
    /// Records the outcomes of writes of these keys, at a moment of a monotonic clock.
    pub fn note<'a>(&mut self, outcomes: impl IntoIterator<Item = (String, &'a Outcome)>, now: Duration) {
        for (key, outcome) in outcomes {
            match outcome {
                Outcome::Applied(_) => self.forget(&key),
                Outcome::Stale => self.add(key, now),
                // No race was lost.
                Outcome::Missing
                | Outcome::TooLarge(_)
                | Outcome::Skipped
                | Outcome::Unavailable
                | Outcome::Unknown => {}
            }
        }
    }

    /// How long to pause before these keys are read again: the result of [`pause_after`] for the key that has lost the
    /// most races in a row, and at most half of the `timeout` of the call, so that the servers have the rest. A key that
    /// was read since its last race does not count.
    pub fn pause_before_reading(
        &mut self,
        keys: &[String],
        now: Duration,
        timeout: Duration,
        random: impl FnOnce() -> u64,
    ) -> Duration {
        pause_after(self.before_reading(keys, now), random).min(timeout / 2)
    }

    fn before_reading(&mut self, keys: &[String], now: Duration) -> u32 {
        let mut most = 0;
        for key in keys {
            if let Some(lost) = self.position(key).ok().and_then(|position| self.0.get_mut(position))
                && !lost.is_read
            {
                lost.is_read = true;
                most = most.max(lost.in_a_row_at(now));
            }
        }
        most
    }

    /// The position of a key, or where to insert it.
    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|lost| lost.key.as_str().cmp(key))
    }

    fn forget(&mut self, key: &str) {
        if let Ok(position) = self.position(key) {
            self.0.remove(position);
        }
    }

    fn add(&mut self, key: String, now: Duration) {
        if self.0.len() >= MAX_KEYS {
            self.0.retain(|lost| lost.in_a_row_at(now) > 0);
        }
        let position = self.position(&key);
        if let Some(lost) = position.ok().and_then(|position| self.0.get_mut(position)) {
            lost.in_a_row = lost.in_a_row_at(now).saturating_add(1);
            (lost.last, lost.is_read) = (now, false);
        } else if let (Err(position), true) = (position, self.0.len() < MAX_KEYS) {
            self.0.insert(position, Lost { key, in_a_row: 1, last: now, is_read: false });
        }
    }
}

impl Lost {
    /// The races lost in a row that still count at this moment.
    fn in_a_row_at(&self, now: Duration) -> u32 {
        if now.saturating_sub(self.last) <= MEMORY { self.in_a_row } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use lovely_session_key_value::Version;

    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).into()).collect()
    }

    impl LostRaces {
        fn lose(&mut self, names: &[&str], now: Duration) {
            self.note(keys(names).into_iter().map(|key| (key, &Outcome::Stale)), now);
        }
    }

    #[test]
    fn races_lost_in_a_row_count_once_each() {
        let mut lost = LostRaces::default();
        assert_eq!(lost.before_reading(&keys(&["k"]), NOW), 0);
        for races in 1..4 {
            lost.lose(&["k"], NOW);
            assert_eq!(lost.before_reading(&keys(&["k"]), NOW), races);
            assert_eq!(lost.before_reading(&keys(&["k"]), NOW), 0, "it was read since");
        }
    }

    #[test]
    fn a_write_that_is_applied_ends_the_row() {
        let mut lost = LostRaces::default();
        lost.lose(&["k", "l"], NOW);
        lost.lose(&["k", "l"], NOW);
        lost.note([("k".into(), &Outcome::Applied(Version(Vec::new())))], NOW);
        assert_eq!(lost.before_reading(&keys(&["k"]), NOW), 0);
        assert_eq!(lost.before_reading(&keys(&["l"]), NOW), 2, "of another key");
        lost.lose(&["k"], NOW);
        assert_eq!(lost.before_reading(&keys(&["k"]), NOW), 1);
    }

    #[test]
    fn a_write_that_lost_no_race_neither_counts_nor_ends_the_row() {
        let mut lost = LostRaces::default();
        lost.lose(&["k"], NOW);
        for outcome in [Outcome::Missing, Outcome::Skipped, Outcome::Unavailable, Outcome::Unknown] {
            lost.note([("k".into(), &outcome)], NOW);
        }
        assert_eq!(lost.before_reading(&keys(&["k"]), NOW), 1);
    }

    #[test]
    fn of_several_keys_the_one_with_the_most_races_counts() {
        let mut lost = LostRaces::default();
        lost.lose(&["k", "l"], NOW);
        lost.lose(&["l"], NOW);
        assert_eq!(lost.before_reading(&keys(&["k", "l", "m"]), NOW), 2);
        assert_eq!(lost.before_reading(&keys(&["k", "l", "m"]), NOW), 0);
    }

    #[test]
    fn a_pause_takes_at_most_half_of_the_time() {
        let pause = |races: u32, timeout: u64| {
            let mut lost = LostRaces::default();
            (0..races).for_each(|_| lost.lose(&["k"], NOW));
            lost.pause_before_reading(&keys(&["k"]), NOW, Duration::from_millis(timeout), || u64::MAX)
        };
        assert_eq!(pause(1, 2000), Duration::ZERO);
        assert_eq!(pause(3, 2000), pause_after(3, || u64::MAX));
        assert_eq!(pause(3, 6), Duration::from_millis(3));
        assert_eq!(pause(20, 2000), pause_after(20, || u64::MAX));
    }

    #[test]
    fn a_race_that_was_lost_long_ago_is_forgotten() {
        let mut lost = LostRaces::default();
        lost.lose(&["k"], NOW);
        let later = NOW + MEMORY + Duration::from_nanos(1);
        assert_eq!(lost.before_reading(&keys(&["k"]), later), 0);
        lost.lose(&["k"], later);
        assert_eq!(lost.before_reading(&keys(&["k"]), later), 1);
    }

    #[test]
    fn at_most_a_limit_of_keys_is_remembered() {
        let mut lost = LostRaces::default();
        for number in 0..=MAX_KEYS {
            lost.lose(&[&format!("k{number}")], NOW);
        }
        assert_eq!(lost.0.len(), MAX_KEYS);
        lost.lose(&["k0"], NOW);
        assert_eq!(lost.before_reading(&keys(&["k0"]), NOW), 2, "a known key goes on counting");
        let later = NOW + MEMORY + Duration::from_nanos(1);
        lost.lose(&["another"], later);
        assert_eq!(lost.0.len(), 1);
    }
}
