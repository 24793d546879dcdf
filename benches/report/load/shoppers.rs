//! Visitors who load a server together.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::open::Schedule;
use super::outcome::Outcome;
use super::shopper::Shopper;
use crate::clients::Crowd;

/// Visitors of one server, each with a session and a connection of its own.
pub struct Shoppers<'a> {
    runtime: &'a Runtime,
    crowd: Crowd<'a, Shopper>,
}

impl<'a> Shoppers<'a> {
    /// Connects `count` visitors to a server, and fills their carts.
    pub fn arrive(runtime: &'a Runtime, address: SocketAddr, count: usize) -> Self {
        let shoppers = runtime.block_on(async {
            let arriving: JoinSet<Shopper> = (0..count).map(|_| Shopper::arrive(address)).collect();
            arriving.join_all().await
        });
        Self { runtime, crowd: Crowd::new(runtime, shoppers) }
    }

    /// Has each send one request after another for some time. Returns the number of requests, and the time that they
    /// took. Each response must be 200.
    pub fn work(&mut self, time: Duration) -> (u64, Duration) {
        self.crowd.work(time)
    }

    /// The same as [`Self::work`], as requests per second.
    pub fn rate(&mut self, time: Duration) -> f64 {
        self.crowd.rate(time)
    }

    /// The same as [`Self::work`], with any responses.
    pub fn closed_load(&mut self, time: Duration) -> Outcome {
        let end = Instant::now() + time;
        self.outcome(move |shopper| closed(shopper, end))
    }

    /// Sends `rate` requests per second for some time, whether or not there are responses to the earlier ones. A
    /// request that is due while all visitors wait for responses is sent by the first who gets one. Latencies count
    /// from the times at which the requests were due.
    pub fn open_load(&mut self, rate: f64, time: Duration) -> Outcome {
        let schedule = Schedule::begin(rate, time);
        self.outcome(move |shopper| schedule.clone().work(shopper))
    }

    /// Checks all carts.
    ///
    /// # Panics
    ///
    /// As [`Shopper::check`].
    pub fn check(&mut self) {
        for shopper in self.crowd.clients() {
            self.runtime.block_on(shopper.check());
        }
    }

    fn outcome<F>(&mut self, work: impl Fn(Shopper) -> F + Sync) -> Outcome
    where
        F: Future<Output = (Shopper, Outcome)> + Send + 'static,
    {
        let begun = Instant::now();
        let outcomes = self.crowd.each(work);
        outcomes.into_iter().fold(Outcome::default(), Outcome::and).that_took(begun.elapsed())
    }
}

async fn closed(mut shopper: Shopper, end: Instant) -> (Shopper, Outcome) {
    let mut outcome = Outcome::default();
    while Instant::now() < end {
        let begun = Instant::now();
        let status = shopper.add().await;
        outcome.record(status, begun.elapsed());
    }
    (shopper, outcome)
}
