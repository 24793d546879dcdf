//! What clients get from a server.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;

/// The significant digits of a latency.
const DIGITS: u8 = 3;

/// The responses to the requests of some time.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The time from the beginning to the last response.
    took: Duration,
    /// In nanoseconds, whatever the responses were.
    latencies: Histogram<u64>,
    /// In nanoseconds: how late the requests were sent, if they were due at a certain time.
    delays: Histogram<u64>,
    /// The numbers of responses by their status; without one, the connection was closed.
    statuses: BTreeMap<Option<u16>, u64>,
}

impl Default for Outcome {
    fn default() -> Self {
        let empty = Histogram::new(DIGITS).expect("a histogram can have three digits");
        Self { took: Duration::ZERO, latencies: empty.clone(), delays: empty, statuses: BTreeMap::new() }
    }
}

impl Outcome {
    /// Adds a response.
    pub fn record(&mut self, status: Option<StatusCode>, latency: Duration) {
        *self.statuses.entry(status.map(|status| status.as_u16())).or_default() += 1;
        self.latencies.record(latency.as_nanos() as u64).expect("the histogram grows");
    }

    /// Notes how late a request was sent.
    pub fn note_delay(&mut self, delay: Duration) {
        self.delays.record(delay.as_nanos() as u64).expect("the histogram grows");
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.latencies.add(&other.latencies).expect("the histogram grows");
        self.delays.add(&other.delays).expect("the histogram grows");
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self
    }

    /// The same, with the time from the beginning to the last response.
    pub fn that_took(self, took: Duration) -> Self {
        Self { took, ..self }
    }

    /// The responses with 200 per second.
    pub fn rate(&self) -> f64 {
        self.good() as f64 / self.took.as_secs_f64()
    }

    /// The latency, in milliseconds, that this percentage of the requests does not exceed.
    pub fn percentile(&self, percentage: f64) -> f64 {
        self.latencies.value_at_percentile(percentage) as f64 / 1e6
    }

    /// The time, in milliseconds, by which this percentage of the requests were sent late at most.
    pub fn late(&self, percentage: f64) -> f64 {
        self.delays.value_at_percentile(percentage) as f64 / 1e6
    }

    /// The percentage of requests that got another response than 200, or none.
    pub fn others(&self) -> f64 {
        let all: u64 = self.statuses.values().sum();
        if all == 0 { 0.0 } else { 100.0 * (all - self.good()) as f64 / all as f64 }
    }

    fn good(&self) -> u64 {
        self.statuses.get(&Some(StatusCode::OK.as_u16())).copied().unwrap_or(0)
    }

    /// The same, after a check that each response was 200.
    ///
    /// # Panics
    ///
    /// When one was not.
    pub fn all_good(self) -> Self {
        assert!(self.statuses.keys().all(|status| *status == Some(200)), "responses: {:?}", self.statuses);
        self
    }
}
