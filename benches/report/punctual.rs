//! Waiting for less than a millisecond. The timers of tokio are not made for that, so this is done in threads.

use std::hint::spin_loop;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How late Linux may wake a thread up, to save power. It usually does.
const SLACK: Duration = Duration::from_micros(50);

/// Keeps this thread waiting until a time; returns at once if it has passed.
pub fn wait_until(time: Instant) {
    let left = time.saturating_duration_since(Instant::now());
    if let Some(left) = left.checked_sub(SLACK) {
        sleep(left);
    }
    // A thread that yields instead could get the processor back much later.
    while Instant::now() < time {
        spin_loop();
    }
}
