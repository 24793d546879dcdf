//! The results of rounds.

use std::time::{Duration, Instant};

use crate::load::Counts;
use crate::spread::Samples;

/// A response.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// When it was received.
    pub at: Instant,
    /// The time since the request.
    pub took: Duration,
    /// Whether its status was 200.
    pub good: bool,
}

/// The result of the clients of one session in one round.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// The successful responses per second. Those after the end of the round do not count.
    rate: f64,
    /// The number of responses with 200, including those after the end.
    good: u64,
    /// The number of other responses.
    others: u64,
    /// The 99th percentile of the latencies, in seconds.
    slowest: f64,
    /// The number of acknowledged updates that are not in the session afterwards.
    lost: u64,
    /// The number of updates in the session that were not acknowledged.
    unacknowledged: u64,
}

impl Rush {
    /// The result of a round with this duration and end. `acknowledged` has the acknowledged updates of each item, and
    /// `grown` the growth of its number.
    pub fn new(
        time: Duration,
        end: Instant,
        mut responses: Vec<Response>,
        acknowledged: &Counts,
        grown: &Counts,
    ) -> Self {
        let good = responses.iter().filter(|response| response.good);
        let in_time = good.clone().filter(|response| response.at <= end).count();
        let good = good.count() as u64;
        let beyond = |more: &Counts, less: &Counts| -> u64 {
            more.iter().map(|(thing, count)| count.saturating_sub(less[thing])).sum()
        };
        let position = (responses.len() * 99).div_ceil(100) - 1;
        let (_, slowest, _) = responses.select_nth_unstable_by_key(position, |response| response.took);
        Self {
            rate: in_time as f64 / time.as_secs_f64(),
            good,
            slowest: slowest.took.as_secs_f64(),
            others: responses.len() as u64 - good,
            lost: beyond(acknowledged, grown),
            unacknowledged: beyond(grown, acknowledged),
        }
    }

    /// Returns the same result, after a check.
    ///
    /// # Panics
    ///
    /// When an acknowledged update is missing, or when there are more updates than requests.
    pub fn that_lost_nothing(self) -> Self {
        assert_eq!(self.lost, 0, "acknowledged updates were lost: {self:?}");
        assert!(self.unacknowledged <= self.others, "updates were made that were not requested: {self:?}");
        self
    }
}

/// The results of several rounds.
#[derive(Clone, Debug)]
pub struct Rounds(pub Vec<Rush>);

impl Rounds {
    /// The successful responses per second.
    pub fn rates(&self) -> Samples {
        self.each(|rush| rush.rate)
    }

    /// The acknowledged updates per second that are in the session afterwards.
    pub fn kept(&self) -> Samples {
        self.each(|rush| rush.rate * (1.0 - percent(rush.lost as f64, rush.good as f64) / 100.0))
    }

    /// The 99th percentiles of the latencies, in milliseconds.
    pub fn slowest(&self) -> Samples {
        self.each(|rush| rush.slowest * 1e3)
    }

    /// The same as multiples of the time in which a perfect queue would serve `clients` clients: the time in which one
    /// client, with the rounds `one`, gets as many responses one after the other.
    pub fn slowest_over_queue(&self, clients: usize, one: &Rounds) -> Samples {
        let queue = one.each(|rush| clients as f64 / rush.rate * 1e3);
        self.slowest().over(&queue)
    }

    /// The percentage of responses that were not 200.
    pub fn others(&self) -> f64 {
        percent(self.sum(|rush| rush.others), self.sum(|rush| rush.good + rush.others))
    }

    /// The percentage of acknowledged updates that were lost.
    pub fn lost(&self) -> f64 {
        percent(self.sum(|rush| rush.lost), self.sum(|rush| rush.good))
    }

    fn sum(&self, of: impl Fn(&Rush) -> u64) -> f64 {
        self.0.iter().map(of).sum::<u64>() as f64
    }

    fn each(&self, of: impl Fn(&Rush) -> f64) -> Samples {
        Samples(self.0.iter().map(of).collect())
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { 100.0 * part / whole }
}
