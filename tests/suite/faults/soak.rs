//! How long a test runs.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lovely_session_tests::random::Random;

/// How long the clients of one round are at work.
pub const ROUND: Duration = Duration::from_secs(4);

/// Runs rounds, each with chances of its own, until `LOVELY_SOAK_SECONDS` are over; without it, one.
pub async fn soak(test: &str, mut round: impl AsyncFnMut(Random)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let end = Instant::now() + Duration::from_secs(number("LOVELY_SOAK_SECONDS").unwrap_or(0));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut seed = number("LOVELY_SEED").unwrap_or(now);
    loop {
        println!("{test}: LOVELY_SEED={seed}");
        let mut random = Random::seeded(seed);
        round(random.fork()).await;
        seed = random.number();
        if Instant::now() >= end {
            return;
        }
    }
}
