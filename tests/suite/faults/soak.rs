//! How long a test runs.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lovely_session_tests::random::Random;

/// How long the clients of one round are at work.
pub const ROUND: Duration = Duration::from_secs(4);

/// How many rounds a busy machine gets until enough has happened in one of them.
const PATIENCE: usize = 10;

/// Runs rounds, each with chances of its own, until `LOVELY_SOAK_SECONDS` are over, and until one of them says that
/// enough happened in it to prove something.
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
        assert!(proved > 0 || rounds < PATIENCE, "too little happened in {rounds} rounds to prove anything");
    }
}
