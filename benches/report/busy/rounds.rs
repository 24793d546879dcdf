//! What came of it.

use std::time::{Duration, Instant};

use crate::load::Counts;
use crate::spread::Samples;

/// One answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// When it was there.
    pub at: Instant,
    /// How long the client had waited for it.
    pub took: Duration,
    /// Whether it was 200.
    pub good: bool,
}

/// What clients of one session came to in one round.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// The good answers a second. Those that came after the end of the round do not count.
    rate: f64,
    /// The answers with 200, to the last.
    good: u64,
    /// The other answers.
    others: u64,
    /// In how many seconds 99 of 100 answers were there.
    slowest: f64,
    /// How many good answers were given for something that is not in the session afterwards.
    lost: u64,
    /// How much is in the session for which no good answer was given.
    unconfirmed: u64,
}

impl Rush {
    /// What a round of this time came to that ended then. Of each thing, so many were confirmed by a good answer, and
    /// by so many its number has grown.
    pub fn new(
        time: Duration,
        end: Instant,
        mut answers: Vec<Answer>,
        confirmed: &Counts,
        grown: &Counts,
    ) -> Self {
        let good = answers.iter().filter(|answer| answer.good);
        let in_time = good.clone().filter(|answer| answer.at <= end).count();
        let good = good.count() as u64;
        let beyond = |more: &Counts, less: &Counts| -> u64 {
            more.iter().map(|(thing, count)| count.saturating_sub(less[thing])).sum()
        };
        let place = (answers.len() * 99).div_ceil(100) - 1;
        let (_, slowest, _) = answers.select_nth_unstable_by_key(place, |answer| answer.took);
        Self {
            rate: in_time as f64 / time.as_secs_f64(),
            good,
            slowest: slowest.took.as_secs_f64(),
            others: answers.len() as u64 - good,
            lost: beyond(confirmed, grown),
            unconfirmed: beyond(grown, confirmed),
        }
    }

    /// The same.
    ///
    /// # Panics
    ///
    /// When something was confirmed and is not there, or when more is there than was asked for.
    pub fn that_lost_nothing(self) -> Self {
        assert_eq!(self.lost, 0, "updates that were confirmed got lost: {self:?}");
        assert!(self.unconfirmed <= self.others, "updates were made that nobody asked for: {self:?}");
        self
    }
}

/// The rounds of clients of one session.
#[derive(Clone, Debug)]
pub struct Rounds(pub Vec<Rush>);

impl Rounds {
    /// The good answers a second.
    pub fn rates(&self) -> Samples {
        self.each(|rush| rush.rate)
    }

    /// The good answers a second for updates that are in the session afterwards.
    pub fn kept(&self) -> Samples {
        self.each(|rush| rush.rate * (1.0 - percent(rush.lost as f64, rush.good as f64) / 100.0))
    }

    /// In how many milliseconds 99 of 100 answers were there.
    pub fn slowest(&self) -> Samples {
        self.each(|rush| rush.slowest * 1e3)
    }

    /// The same as a multiple of the time in which a perfect queue would serve so many clients: as long as one client,
    /// whose rounds these are, waits for as many answers one after the other.
    pub fn slowest_over_queue(&self, clients: usize, one: &Rounds) -> Samples {
        let queue = one.each(|rush| clients as f64 / rush.rate * 1e3);
        self.slowest().over(&queue)
    }

    /// How many percent of all answers were not 200.
    pub fn others(&self) -> f64 {
        percent(self.sum(|rush| rush.others), self.sum(|rush| rush.good + rush.others))
    }

    /// How many percent of what was confirmed got lost.
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
