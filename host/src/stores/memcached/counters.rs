//! Counts what happens on the connections to a server. Nothing here waits, or is locked while calls succeed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use lovely_session_memcached::{Failure, FailureReason};

use super::status::{LATENCY_BOUNDS, LatencyHistogram, ServerFailure};

/// The counters of one server.
#[derive(Debug, Default)]
pub(super) struct Counters {
    round_trips: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    /// The sum of their durations.
    nanoseconds: AtomicU64,
    failures: [AtomicU64; FailureReason::ALL.len()],
    sent: AtomicU64,
    received: AtomicU64,
    latest: Mutex<Option<ServerFailure>>,
}

impl Counters {
    /// A round trip was completed.
    pub(super) fn completed(&self, took: Duration) {
        let place = LATENCY_BOUNDS.partition_point(|bound| *bound < took);
        add(self.round_trips.get(place), 1);
        add(Some(&self.nanoseconds), u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// A call failed.
    pub(super) fn failed(&self, failure: &Failure) {
        let reason = failure.reason();
        add(self.failures.get(reason as usize), 1);
        let failure = ServerFailure { at: SystemTime::now(), reason, text: failure.to_string() };
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Bytes of a request were sent.
    pub(super) fn sent(&self, bytes: usize) {
        add(Some(&self.sent), bytes as u64);
    }

    /// Bytes of replies came.
    pub(super) fn received(&self, bytes: usize) {
        add(Some(&self.received), bytes as u64);
    }

    /// The round trips so far.
    pub(super) fn round_trips(&self) -> LatencyHistogram {
        let counts = self.round_trips.each_ref().map(load);
        LatencyHistogram { counts, sum: Duration::from_nanos(load(&self.nanoseconds)) }
    }

    /// The calls that failed so far.
    pub(super) fn failures(&self) -> Vec<(FailureReason, u64)> {
        FailureReason::ALL.into_iter().zip(self.failures.iter().map(load)).collect()
    }

    /// The bytes that were sent and received so far.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (load(&self.sent), load(&self.received))
    }

    /// The latest failure.
    pub(super) fn latest_failure(&self) -> Option<ServerFailure> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn add(counter: Option<&AtomicU64>, number: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(number, Ordering::Relaxed);
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_is_counted_at_the_first_bound_that_it_is_within() {
        let counters = Counters::default();
        for micros in [1, 100, 101, 1_000_000, 1_000_001] {
            counters.completed(Duration::from_micros(micros));
        }
        let histogram = counters.round_trips();
        assert_eq!(histogram.counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(histogram.sum, Duration::from_micros(2_000_203));
    }

    #[test]
    fn a_failure_is_counted_by_its_reason_and_the_latest_is_kept() {
        let counters = Counters::default();
        counters.failed(&Failure::TimedOut);
        counters.failed(&Failure::Busy);
        counters.failed(&Failure::Busy);
        let counted: Vec<_> = counters.failures().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(FailureReason::TimedOut, 1), (FailureReason::Busy, 2)]);
        let latest = counters.latest_failure().unwrap();
        assert_eq!((latest.reason, latest.text), (FailureReason::Busy, Failure::Busy.to_string()));
    }
}
