//! The duration of a test.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lovely_session_tests::random::Random;

/// The duration of one round.
pub const ROUND: Duration = Duration::from_secs(4);

/// The most rounds on a busy machine, until enough has happened in one of them.
const MAX_ROUNDS: usize = 10;

/// Runs rounds, each with its own random numbers, until `LOVELY_SOAK_SECONDS` are over, and until `round` returns true:
/// enough happened in it for a meaningful check.
pub async fn soak(test: &str, mut round: impl AsyncFnMut(Random) -> bool) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let end = Instant::now() + Duration::from_secs(number("LOVELY_SOAK_SECONDS").unwrap_or(0));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut seed = number("LOVELY_SEED").unwrap_or(now);
    let mut proved = 0;
    for rounds in 1.. {
        println!("{test}: LOVELY_SEED={seed}");
        let mut random = Random::seeded(seed);
        proved += usize::from(round(random.fork()).await);
        seed = random.number();
        if Instant::now() >= end && proved > 0 {
            return println!("{test}: enough happened in {proved} of {rounds} rounds");
        }
        assert!(
            proved > 0 || rounds < MAX_ROUNDS,
            "too little happened in {rounds} rounds to prove anything"
        );
    }
}
