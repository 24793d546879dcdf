//! The load of the machine by other programs.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// How long the load is measured.
const WHILE: Duration = Duration::from_millis(500);

/// The processors' time since the machine started, in ticks.
struct Ticks {
    idle: u64,
    all: u64,
}

/// The load of the machine's processors while this process does nothing, from 0 to 1; 0 where the system does not
/// report it.
pub fn share_of_processors() -> f64 {
    let Some(before) = Ticks::now() else { return 0.0 };
    sleep(WHILE);
    let Some(after) = Ticks::now() else { return 0.0 };
    let (idle, all) = (after.idle - before.idle, after.all - before.all);
    if all == 0 { 0.0 } else { 1.0 - idle as f64 / all as f64 }
}

impl Ticks {
    fn now() -> Option<Self> {
        let statistics = fs::read_to_string("/proc/stat").ok()?;
        let all = statistics.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = all.split_whitespace().filter_map(|ticks| ticks.parse().ok()).collect();
        // Idle, and idle while it waits for a disk. Guests, from the ninth on, are in the first as well.
        let idle = ticks.get(3)? + ticks.get(4)?;
        Some(Self { idle, all: ticks.iter().take(8).sum() })
    }
}
