//! The time that a processor worked, for one thread or one process. Other programs on the machine do not add to it,
//! though they slow it down by what they do to its caches.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The kernel counts the time of a process in units of this many a second, on every system that Rust runs on.
const TICKS_A_SECOND: u64 = 100;

/// What the calling thread has used so far, in the program and in the kernel.
pub fn of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// What all threads of a process have used so far, exact to 10 ms.
pub fn of_process(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("a process that runs can be looked at");
    // The fields are counted from the end of the program's name, which is in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}
