//! Limits how much of the output of applications is logged.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most lines of output that are logged in a second, over all requests.
const MOST_LINES: u64 = 1000;

/// The most bytes of output that are logged in a second, over all requests.
const MOST_BYTES: u64 = 1 << 20;

const SECOND: Duration = Duration::from_secs(1);

/// Admits so many lines and bytes in each second, and counts the lines that it does not admit.
#[derive(Debug, Default)]
pub(super) struct OutputLimit {
    second: Mutex<Option<Second>>,
}

#[derive(Debug)]
struct Second {
    begun: Instant,
    lines: u64,
    bytes: u64,
    left_out: u64,
}

/// What to do with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Log,
    /// Log it, after a note that so many lines were left out before it.
    LogAfter {
        left_out: u64,
    },
    /// Log a note that lines are left out from now on, instead of the line.
    FirstLeftOut,
    LeaveOut,
}

impl OutputLimit {
    pub(super) fn admit(&self, bytes: usize, now: Instant) -> Admission {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = bytes as u64;
        match &mut *second {
            Some(second) if now.saturating_duration_since(second.begun) < SECOND => second.admit(bytes),
            ended => {
                let left_out = ended.as_ref().map_or(0, |second| second.left_out);
                *ended = Some(Second { begun: now, lines: 1, bytes, left_out: 0 });
                if left_out == 0 { Admission::Log } else { Admission::LogAfter { left_out } }
            }
        }
    }
}

impl Second {
    fn admit(&mut self, bytes: u64) -> Admission {
        // A short line after a long one is left out too: the log has gaps in time, not in between.
        if self.left_out == 0 && self.lines < MOST_LINES && self.bytes + bytes <= MOST_BYTES {
            self.lines += 1;
            self.bytes += bytes;
            return Admission::Log;
        }
        self.left_out += 1;
        if self.left_out == 1 { Admission::FirstLeftOut } else { Admission::LeaveOut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_are_admitted_in_a_second_and_the_next_second_tells_how_many_were_left_out() {
        let (limit, begin) = (OutputLimit::default(), Instant::now());
        for _ in 0..MOST_LINES {
            assert_eq!(limit.admit(1, begin), Admission::Log);
        }
        let later = begin + SECOND - Duration::from_millis(1);
        assert_eq!(limit.admit(1, later), Admission::FirstLeftOut);
        assert_eq!(limit.admit(1, later), Admission::LeaveOut);
        assert_eq!(limit.admit(1, begin + SECOND), Admission::LogAfter { left_out: 2 });
        assert_eq!(limit.admit(1, begin + SECOND), Admission::Log);
        assert_eq!(limit.admit(1, begin + 2 * SECOND), Admission::Log);
    }

    #[test]
    fn so_many_bytes_are_admitted_in_a_second() {
        let (limit, now) = (OutputLimit::default(), Instant::now());
        let longest = 4096;
        let admitted = (0..MOST_LINES).filter(|_| limit.admit(longest, now) == Admission::Log).count();
        assert_eq!(admitted * longest, 1 << 20);
        assert_eq!(limit.admit(0, now), Admission::LeaveOut);
    }
}
