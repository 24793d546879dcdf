//! The processor time of a thread or a process. Other programs on the machine do not add to it, though they can slow it
//! down through the caches.

use std::collections::BTreeMap;
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
    Process::of(id).expect("a process that runs can be looked at").time
}

/// The same, for a process and those that it has started, and so on, as far as they still run.
pub fn of_family(id: u32) -> Duration {
    let ids = fs::read_dir("/proc").expect("processes can be listed").flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let all: BTreeMap<u32, Process> = ids.filter_map(|id| Some((id, Process::of(id)?))).collect();
    let is_of_family = |start: &u32| {
        let mut ancestors =
            std::iter::successors(Some(*start), |id| all.get(id).map(|process| process.parent));
        ancestors.any(|ancestor| ancestor == id)
    };
    all.iter().filter(|(id, _)| is_of_family(id)).map(|(_, process)| process.time).sum()
}

/// What the kernel knows about a process.
struct Process {
    parent: u32,
    time: Duration,
}

impl Process {
    /// None if it has ended.
    fn of(id: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The fields are counted from the end of the program's name, which is in brackets and can contain any
        // characters.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        let time = Duration::from_millis(ticks * 1000 / TICKS_A_SECOND);
        Some(Self { parent: fields[1].parse().unwrap(), time })
    }
}

fn duration(time: Timespec) -> Duration {
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
