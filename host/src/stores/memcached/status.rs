//! The state of a server as this store sees it, for operators.

use std::fmt;
use std::time::{Duration, SystemTime};

use lovely_session_memcached::FailureReason;

/// The bounds of [`LatencyHistogram`], ascending.
pub const LATENCY_BOUNDS: [Duration; 13] = [
    Duration::from_micros(100),
    Duration::from_micros(200),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

/// Whether a server replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerState {
    /// It replied to the latest calls.
    Connected,
    /// Calls wait for it, and nothing has come from it for an eighth of the timeout.
    Silent,
    /// It cannot be connected to, or has let several deadlines pass. Also a server that was never reached.
    Away,
}

/// A server as this store sees it. Nothing was sent to find out; the server itself is asked by
/// [`Memcached::stats`](super::Memcached::stats).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// Its address, as `HOST:PORT`.
    pub name: String,
    /// Whether it replies, judged by the latest calls. A server that no call needs keeps its state.
    pub state: ServerState,
    /// Since when it is in that state.
    pub since: SystemTime,
    /// The connections of this store to it that are open now.
    pub connections: usize,
    /// How long the round trips took that were completed. Their number is the [count](LatencyHistogram::count). A call
    /// is one round trip to each server that it concerns.
    pub round_trips: LatencyHistogram,
    /// The calls that failed because of this server, by reason: every reason once, in the order of
    /// [`FailureReason::ALL`].
    pub failures: Vec<(FailureReason, u64)>,
    /// The bytes of calls that were sent to it, without those of handshakes and TLS. Calls that failed may be missing.
    pub bytes_sent: u64,
    /// The bytes that came from it for calls, without those of handshakes and TLS.
    pub bytes_received: u64,
    /// Its latest failure.
    pub latest_failure: Option<ServerFailure>,
}

/// A failure of a server. It has no keys and no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFailure {
    /// When it was.
    pub at: SystemTime,
    /// Its reason.
    pub reason: FailureReason,
    /// What happened, and what to do, on one line. It does not name the server.
    pub text: String,
}

/// The durations of round trips, since the store was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatencyHistogram {
    /// How many took at most the bound of the same position in [`LATENCY_BOUNDS`], and more than the bound before. The
    /// last is of those that took more than the last bound.
    pub counts: [u64; LATENCY_BOUNDS.len() + 1],
    /// The sum of all durations.
    pub sum: Duration,
}

impl LatencyHistogram {
    /// The number of all round trips.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The mean of all durations; `None` without any.
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX);
        self.sum.checked_div(count)
    }

    /// The lowest bound that at least this part of the durations is within, from 0 to 1. `None` without any durations,
    /// and if it is above the last bound.
    pub fn bound_of(&self, part: f64) -> Option<Duration> {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let mut within = 0;
        let position = self.counts.iter().position(|count| {
            within += count;
            within >= wanted
        });
        LATENCY_BOUNDS.get(position?).copied()
    }
}

impl ServerState {
    /// Its name, such as `connected`, for labels of metrics and for JSON. It does not change between versions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Silent => "silent",
            Self::Away => "away",
        }
    }
}

/// Prints the name.
impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_durations_is_within_a_bound() {
        let mut histogram = LatencyHistogram::default();
        assert_eq!((histogram.mean(), histogram.bound_of(0.5)), (None, None));
        histogram.counts[0] = 90;
        histogram.counts[4] = 9;
        histogram.counts[13] = 1;
        histogram.sum = Duration::from_millis(200);
        assert_eq!(histogram.mean(), Some(Duration::from_millis(2)));
        assert_eq!(histogram.bound_of(0.0), Some(LATENCY_BOUNDS[0]));
        assert_eq!(histogram.bound_of(0.9), Some(LATENCY_BOUNDS[0]));
        assert_eq!(histogram.bound_of(0.99), Some(LATENCY_BOUNDS[4]));
        assert_eq!(histogram.bound_of(1.0), None);
    }
}
