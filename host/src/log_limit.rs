//! Limits how often a repeated failure is logged.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two lines of one kind.
const QUIET: Duration = Duration::from_secs(10);

/// Admits one line of each kind in ten seconds, and counts the others.
#[derive(Debug)]
pub(crate) struct LogLimit<K> {
    /// For each kind, the time of its last line, and the number of lines left out since.
    kinds: Mutex<Option<HashMap<K, (Instant, u64)>>>,
}

impl<K: Eq + Hash> LogLimit<K> {
    pub(crate) const fn new() -> Self {
        Self { kinds: Mutex::new(None) }
    }

    /// Admits a line of this kind, or counts it as left out and returns none. An admitted line gets the number of lines
    /// that were left out since the last one.
    pub(crate) fn admit(&self, kind: K, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds();
        let kinds = kinds.get_or_insert_default();
        match kinds.get_mut(&kind) {
            Some((last, left_out)) if now.saturating_duration_since(*last) < QUIET => {
                *left_out += 1;
                None
            }
            _ => Some(kinds.insert(kind, (now, 0)).map_or(0, |(_, left_out)| left_out)),
        }
    }

    /// The number of lines that were left out, over all kinds, since the last admitted line of each kind or the last
    /// call of this.
    pub(crate) fn take_left_out(&self) -> u64 {
        let mut kinds = self.kinds();
        kinds.iter_mut().flat_map(HashMap::values_mut).map(|(_, left_out)| std::mem::take(left_out)).sum()
    }

    fn kinds(&self) -> MutexGuard<'_, Option<HashMap<K, (Instant, u64)>>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_kind_is_admitted_in_ten_seconds_with_the_number_of_lines_left_out() {
        let (limit, begin) = (LogLimit::new(), Instant::now());
        assert_eq!(limit.admit("read", begin), Some(0));
        let later = |seconds| begin + Duration::from_secs(seconds);
        assert!((0..999).all(|number| limit.admit("read", later(number / 100)).is_none()));
        assert_eq!(limit.admit("read", later(10)), Some(999));
        assert_eq!(limit.admit("read", later(19)), None);
        assert_eq!(limit.admit("read", later(20)), Some(1));
    }

    #[test]
    fn kinds_do_not_hide_each_other() {
        let (limit, now) = (LogLimit::new(), Instant::now());
        assert_eq!((limit.admit("read", now), limit.admit("write", now)), (Some(0), Some(0)));
    }

    #[test]
    fn the_number_of_lines_left_out_is_returned_once() {
        let (limit, now) = (LogLimit::new(), Instant::now());
        for kind in ["read", "read", "write", "write", "write"] {
            limit.admit(kind, now);
        }
        assert_eq!((limit.take_left_out(), limit.take_left_out()), (3, 0));
        assert_eq!(limit.admit("read", now + QUIET), Some(0));
    }
}
