//! The processor time of a thread or a process. Other programs on the machine do not add to it, though they can slow it
//! down through the caches.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The units per second in which the kernel counts the time of a process, on every system that Rust supports.
const TICKS_A_SECOND: u64 = 100;

/// The processor time of the calling thread so far, in user and kernel mode.
pub fn of_this_thread() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

/// The processor time of all threads of this process so far, in user and kernel mode.
pub fn of_this_process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

/// The processor time of all threads of a process so far, exact to 10 ms.
pub fn of_process(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("a process that runs can be looked at");
    // The fields are counted from the end of the program's name, which is in brackets and can contain any characters.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}

fn duration(time: Timespec) -> Duration {
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
