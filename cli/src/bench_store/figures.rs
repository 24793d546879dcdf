//! What was measured.

use std::time::Duration;

/// The figures for values of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The size in bytes.
    pub size: usize,
    /// How long a read takes, when nothing else is done.
    pub read: Latencies,
    /// How long a compare-and-swap takes, when nothing else is done.
    pub replace: Latencies,
    /// How many reads with a compare-and-swap each were done in a second, with 64 at a time.
    pub per_second: f64,
    /// How many entries were gone before they were written again: the server evicts.
    pub evicted: u64,
}

/// Percentiles of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latencies {
    /// Half of them are at most this.
    pub median: Duration,
    /// Nine of ten are at most this.
    pub p90: Duration,
    /// 99 of 100 are at most this.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Latencies {
    /// The percentiles of these durations; zero if there are none.
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let last = durations.len().saturating_sub(1);
        let at = |part: usize| durations.get(last * part / 100).copied().unwrap_or_default();
        Self { median: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_durations() {
        let millis = |range: std::ops::RangeInclusive<u64>| range.rev().map(Duration::from_millis).collect();
        let Latencies { median, p90, p99, max } = Latencies::of(millis(0..=100));
        assert_eq!([median, p90, p99, max].map(|it| it.as_millis()), [50, 90, 99, 100]);
        assert_eq!(Latencies::of(Vec::new()).max, Duration::ZERO);
    }
}
