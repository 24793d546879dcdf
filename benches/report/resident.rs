//! The resident memory of a process.

use std::fs;

/// The memory of a process that is in RAM now, in MB.
pub fn of_process(id: u32) -> f64 {
    let status =
        fs::read_to_string(format!("/proc/{id}/status")).expect("a process that runs can be looked at");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    let kibibytes: f64 = resident.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024.0 / 1e6
}
