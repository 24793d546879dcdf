//! An open load: requests at a constant rate, whatever the server does.
//!
//! A client that waits for each response before the next request sends less when the server is slow, so that a stall
//! delays one request of its and not all that would have come meanwhile (coordinated omission). Here, the time of each
//! request is fixed in advance, and its latency counts from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::outcome::Outcome;
use super::shopper::Shopper;
use crate::punctual;

/// The times of the requests.
pub struct Schedule {
    begun: Instant,
    interval: f64,
    requests: u64,
    next: AtomicU64,
    /// A permit for each request that is due and not sent.
    due: Semaphore,
}

impl Schedule {
    /// Begins now, with `rate` requests per second for some time.
    pub fn begin(rate: f64, time: Duration) -> Arc<Self> {
        let schedule = Arc::new(Self {
            begun: Instant::now(),
            interval: 1.0 / rate,
            requests: (rate * time.as_secs_f64()) as u64,
            next: AtomicU64::new(0),
            due: Semaphore::new(0),
        });
        let pacemaker = Arc::clone(&schedule);
        thread::spawn(move || pacemaker.run());
        schedule
    }

    /// Has a visitor send requests as they become due, until all are sent.
    pub async fn work(self: Arc<Self>, mut shopper: Shopper) -> (Shopper, Outcome) {
        let mut outcome = Outcome::default();
        while let Some(due) = self.next().await {
            outcome.note_delay(due.elapsed());
            let status = shopper.add().await;
            outcome.record(status, due.elapsed());
        }
        (shopper, outcome)
    }

    /// Waits until a request is due. Returns when it was due; none after the last one.
    async fn next(&self) -> Option<Instant> {
        self.due.acquire().await.expect("nobody closes this").forget();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.requests {
            // There is one permit for the end, which all visitors pass on.
            self.due.add_permits(1);
            return None;
        }
        Some(self.time_of(number))
    }

    fn time_of(&self, number: u64) -> Instant {
        self.begun + Duration::from_secs_f64(self.interval * number as f64)
    }

    fn run(&self) {
        for number in 0..self.requests {
            punctual::wait_until(self.time_of(number));
            self.due.add_permits(1);
        }
        self.due.add_permits(1);
    }
}
